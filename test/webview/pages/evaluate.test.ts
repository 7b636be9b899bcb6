import assert from 'node:assert/strict';
import { sentenceAt } from '../../../src/evaluation/sentence.js';
import type { EvaluationPanelContent } from '../../../src/protocol/evaluationPanel.js';
import { drawnFace } from '../../support/drawnFaces.js';
import { evaluationContent } from '../../support/evaluationContent.js';
import { browserOfSuite, openPanel, type PanelPage, type PanelSize } from '../../support/panelPage.js';

type Message = Awaited<ReturnType<PanelPage['posted']>>[number];

describe('the page of an evaluation', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();
  const content = evaluationContent();
  const { evaluation } = content;
  let panel: PanelPage;

  async function open(shown: EvaluationPanelContent = content, size?: PanelSize): Promise<PanelPage> {
    panel = await openPanel(browser(), 'evaluate.js', size);
    await panel.send(shown);
    return panel;
  }
  afterEach(async () => {
    assert.deepEqual(panel.errors, []);
    assert.deepEqual(await said('failed'), []);
    await panel.close();
  });
  const said = async (type: string): Promise<Message[]> =>
    (await panel.posted()).filter((message) => message.type === type);
  const sentence = () => panel.page.locator('.sentence').textContent();
  const threshold = async () => Number(await panel.page.locator('.threshold').getAttribute('aria-valuenow'));

  it('begins with the sentence, which changes while the line is moved by keys and by the mouse', async () => {
    await open();
    assert.equal(await sentence(), sentenceAt(evaluation.evidence, evaluation.threshold));
    const line = panel.page.locator('.threshold');
    const end = async (name: string) => Number(await line.getAttribute(name));
    const [least, most] = [await end('aria-valuemin'), await end('aria-valuemax')];
    assert.ok(least >= -0.5 && most <= 1 && most > 0.8, `${least} to ${most}`);
    for (const [key, value] of [
      ['ArrowRight', evaluation.threshold + 0.005],
      ['Shift+ArrowLeft', evaluation.threshold - 0.045],
      ['End', most],
      ['Home', least],
    ] as const) {
      await line.press(key);
      assert.ok(Math.abs((await threshold()) - value) < 1e-3, `${key}: ${await threshold()}`);
      assert.equal(await sentence(), sentenceAt(evaluation.evidence, await threshold()), key);
      assert.ok((await line.getAttribute('aria-valuetext'))!.includes((await sentence())!), key);
    }
    const box = (await panel.page.locator('.similarities canvas').first().boundingBox())!;
    await panel.page.mouse.move(box.x + box.width / 2, box.y + 60);
    await panel.page.mouse.down();
    await panel.page.mouse.move(box.x + box.width * 0.85, box.y + 90, { steps: 4 });
    await panel.page.mouse.up();
    const dragged = await threshold();
    assert.ok(dragged > evaluation.threshold && dragged < most, String(dragged));
    await panel.page.mouse.move(box.x + 20, box.y + 60);
    assert.equal(await threshold(), dragged, 'a line that was let go stays');
    await panel.page.locator('#use').click();
    assert.deepEqual(await said('useThreshold'), [{ type: 'useThreshold', threshold: dragged }]);
    await panel.page.locator('#back').click();
    assert.equal(await threshold(), evaluation.threshold);
  });

  it('says how many strangers are missing where the evidence does not carry a number', async () => {
    const evidence = { ...evaluation.evidence, strangers: evaluation.evidence.strangers.slice(-100) };
    await open({ ...content, evaluation: { ...evaluation, evidence } });
    assert.match((await sentence())!, /cannot be said yet.* missing\./);
  });

  it('asks for pictures when they come near the window, each once, and shows what has come', async () => {
    await open(content, { width: 1000, height: 700 });
    const asked = async () => (await said('pictures')).flatMap(({ files }) => files as string[]);
    await panel.page.waitForFunction(() => document.querySelectorAll('img.face[data-state=waiting]').length > 0);
    await panel.send();
    const first = await asked();
    const all = await panel.page.locator('.look img.face').count();
    assert.ok(first.length > 0 && first.length < all, `${first.length} of ${all}`);
    const [there, missing] = first as [string, string];
    await panel.send({
      type: 'pictures',
      pictures: [{ file: there, data: drawnFace(there) }, { file: missing }],
    });
    assert.ok((await panel.page.locator('img.face[data-state=there]').count()) >= 1);
    assert.ok((await panel.page.locator('img.face[data-state=missing]').count()) >= 1);
    await panel.page.locator('.look').last().scrollIntoViewIfNeeded();
    await panel.page.waitForFunction(
      (before) => 'posted' in window && Array.isArray(window.posted) && window.posted.length > before,
      (await panel.posted()).length,
    );
    const later = await asked();
    assert.equal(new Set(later).size, later.length, 'none twice');
  });

  it('opens both files of a mistake, says “not this person” of it or moves its picture, and marks what is settled', async () => {
    await open();
    const mistake = evaluation.mistakes[0]!;
    assert.equal(mistake.kind, 'taken-for-another');
    const card = panel.page.locator('.mistakes .look').first();
    for (const [i, file] of [mistake.picture, mistake.nearestPicture].entries()) {
      await card.locator('.thumbnail').nth(i).press('Enter');
      assert.deepEqual((await said('open')).at(-1), { type: 'open', file });
    }
    await card.locator('vscode-button', { hasText: `Not ${mistake.nearestPerson}` }).click();
    await card.locator('vscode-button', { hasText: `Move to ${mistake.nearestPerson}` }).click();
    const file = mistake.picture;
    const { person, nearestPerson } = mistake;
    assert.deepEqual(await said('notThisPerson'), [{ type: 'notThisPerson', file, person: nearestPerson }]);
    assert.deepEqual(await said('moveTo'), [{ type: 'moveTo', file, from: person, person: nearestPerson }]);
    const stray = panel.page.locator('#strayPictures .look').first();
    await stray.locator('vscode-button', { hasText: `Take Out of ${person}` }).click();
    assert.deepEqual(await said('takeOut'), [{ type: 'takeOut', file, person }]);
    await panel.send({
      type: 'changed',
      inForce: 0.5,
      lastChange: 'Said that 1 picture is not Carl',
      corrections: [{ picture: file, words: 'Faces like it are not named Carl any more.' }],
    });
    assert.equal(
      await panel.page.locator('.look').first().locator('.corrected').textContent(),
      'Faces like it are not named Carl any more.',
    );
    const heading = panel.page.locator('.mistakes h2');
    assert.equal(await heading.textContent(), `${evaluation.mistakeCount} mistakes, 1 settled`);
    assert.match((await card.locator('.badge').textContent())!, /, settled$/);
    assert.equal(await panel.page.locator('.look.settled').count(), 1);
    const offered = panel.page.locator('.corrections');
    assert.match((await offered.textContent())!, /^Said that 1 picture is not Carl\. What is below/);
    await panel.send({ type: 'changed', inForce: 0.5, corrections: [] });
    assert.ok(await offered.isHidden(), 'what was changed elsewhere is not taken back here');
    assert.equal(await heading.textContent(), `${evaluation.mistakeCount} mistakes`);
    await panel.send({ type: 'changed', inForce: 0.5, lastChange: 'Set the threshold to 0.500', corrections: [] });
    await panel.page.locator('#undo').click();
    assert.equal((await said('undo')).length, 1);
  });

  it('offers no correction of a network that cannot learn, and no threshold to set', async () => {
    const { type, title, network, corrections } = content;
    await open({ type, title, network, evaluation, corrections, corrects: false });
    await panel.page.locator('.threshold').press('ArrowRight');
    assert.equal(await panel.page.locator('.mistakes .look vscode-button').count(), 0);
    assert.equal(await panel.page.locator('#use').count(), 0);
  });

  it('shows mistakes of one kind, and finds people in list, matrix and map', async () => {
    await open();
    const kinds = panel.page.locator('.mistakes .choice button');
    await kinds.filter({ hasText: 'Not recognized' }).click();
    const shown = await panel.page
      .locator('.mistakes .look')
      .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['kind']));
    assert.deepEqual([...new Set(shown)], ['not-recognized']);
    const [confusion] = evaluation.closedSet!.confusions;
    const name = evaluation.people[confusion!.person]!;
    await panel.page.getByLabel('Search people').fill(name.toUpperCase());
    const listed = await panel.page.locator('.bars .person').allTextContents();
    assert.ok(listed.length > 0 && listed.every((one) => one.includes(name)), listed.join());
    const wrong = panel.page.locator('.matrix .wrong').first();
    assert.match((await wrong.getAttribute('title'))!, new RegExp(`^${name} taken for `));
    assert.equal(await panel.page.evaluate<string>('window.saved.searched'), name.toUpperCase());
  });

  it('shows one card for the point under the pointer, and nothing of the chart’s own', async () => {
    await open();
    const field = panel.page.locator('.field');
    await field.scrollIntoViewIfNeeded();
    const box = (await field.boundingBox())!;
    const card = panel.page.locator('.mapCard');
    for (let step = 1; step < 40 && (await card.isHidden()); step++)
      await panel.page.mouse.move(box.x + (box.width * step) / 40, box.y + box.height / 2);
    assert.ok(await card.isVisible(), 'no point was met');
    const drawn = await panel.page.locator('.map canvas').evaluate((canvas) => {
      const chart = (canvas as HTMLCanvasElement).getContext('2d')!;
      const { data } = chart.getImageData(0, 0, chart.canvas.width, chart.canvas.height);
      // A tooltip of the chart is black at four fifths.
      return data.filter((value, i) => i % 4 === 3 && value === 204 && data[i - 1]! + data[i - 2]! + data[i - 3]! === 0)
        .length;
    });
    assert.equal(drawn, 0);
    await panel.page.mouse.move(box.x - 20, box.y - 20);
    assert.ok(await card.isHidden());
  });

  it('goes over the map by keys, says the point, shows its picture and opens its file', async () => {
    await open();
    const field = panel.page.locator('.field');
    await field.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowUp']) await field.press(key);
    const card = panel.page.locator('.mapCard');
    await card.waitFor();
    const spoken = await panel.page.locator('.map [aria-live]').textContent();
    assert.match(spoken!, /, .*\.jpg/);
    await panel.send();
    const file = (await said('pictures')).at(-1)!['files'] as string[];
    await panel.send({ type: 'pictures', pictures: [{ file: file.at(-1)!, data: drawnFace(file.at(-1)!) }] });
    await field.press('Enter');
    assert.equal((await said('open')).length, 1);
    await field.press('Escape');
    assert.ok(await card.isHidden());
  });

  it('spreads the map out by UMAP, loaded once and only then, and back', async () => {
    await open();
    const loaded = () =>
      panel.page.evaluate(() => [...document.scripts].filter(({ src }) => src.endsWith('umap.js')).length);
    assert.equal(await loaded(), 0);
    const umap = panel.page.locator('#umap');
    await umap.click();
    await panel.page.getByText('Neighbours stand together').waitFor({ timeout: 30_000 });
    assert.equal(await loaded(), 1);
    await umap.click();
    await panel.page.getByText('The two directions').waitFor();
    await umap.click();
    await panel.page.getByText('Neighbours stand together').waitFor({ timeout: 30_000 });
    assert.equal(await loaded(), 1);
  });

  it('says how far it is, can be stopped, and says what went wrong', async () => {
    await open({ type: 'evaluating', title: 'people', done: 0, total: 0 });
    await panel.send({ type: 'evaluating', title: 'people', done: 1200, total: 3705 });
    assert.equal(await panel.page.getByRole('status').textContent(), '1,200 of 3,705 pictures');
    await panel.page.locator('#stop').click();
    await panel.send({ type: 'notEvaluated', title: 'people', message: 'It has one person.', advice: 'Add another.' });
    assert.equal(await panel.page.getByRole('alert').textContent(), 'It has one person. Add another.');
    await panel.page.locator('#again').click();
    await panel.send(content);
    assert.equal(await sentence(), sentenceAt(evaluation.evidence, evaluation.threshold));
    assert.deepEqual(
      (await panel.posted()).map(({ type }) => type).filter((type) => type !== 'pictures'),
      ['ready', 'stop', 'evaluateAgain'],
    );
  });

  it('keeps the line and the search over a reload, for the same evaluation alone', async () => {
    await open();
    await panel.page.locator('.threshold').press('Shift+ArrowRight');
    await panel.page.getByLabel('Search people').fill('an');
    const kept = await threshold();
    await panel.send(content);
    assert.equal(await threshold(), kept);
    assert.equal(await panel.page.getByLabel('Search people').inputValue(), 'an');
    await panel.send({ ...content, evaluation: { ...evaluation, sentence: 'Another one.' } });
    assert.equal(await threshold(), evaluation.threshold);
  });
});
