import assert from 'node:assert/strict';
import path from 'node:path';
import { SAMPLE_EVENTS } from '../../support/sampleEvents.js';
import { browserOfSuite, openPanel, screenshots } from '../../support/panelPage.js';
import { beginning, checkpoint, epoch, snapshot, step } from '../../support/runEvents.js';

describe('the panel of a run', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();

  it('draws every step, line and checkpoint while the mouse is over its charts', async () => {
    const panel = await openPanel(browser(), 'webview.js');
    await panel.send(snapshot([...beginning({ keepCheckpoints: 3 }), step(1), step(2)]));
    const canvas = panel.page.locator('canvas').first();
    const box = (await canvas.boundingBox())!;
    const read: string[] = [];
    for (let n = 3; n <= 40; n++) {
      await panel.page.mouse.move(box.x + 60 + 8 * n, box.y + 100 + (n % 7));
      const events = [step(n), ...(n % 10 === 0 ? [epoch(n / 10), checkpoint(n / 10)] : [])];
      await panel.send({ type: 'events', events });
      read.push(...(await panel.page.locator('.tip:visible').allTextContents()));
    }
    assert.deepEqual(panel.errors, []);
    assert.deepEqual(
      (await panel.posted()).map(({ type }) => type),
      ['ready'],
    );
    assert.equal(await canvas.getAttribute('data-points'), String(40 + 4));
    assert.equal(await panel.page.locator('tr[data-epoch]').count(), 4);
    assert.equal(await panel.page.locator('.checkpoints li').count(), 3, 'the newest three are kept');
    assert.equal(read.length, 2 * 38, 'both charts read the place of the mouse in every frame');
    assert.match(read.at(-2)!, /^Step \d+Training\d+\.\d{4}Validation/);
    await panel.close();
  });

  it('shows the same when it follows a log as when it reads it whole', async () => {
    const events = [
      ...beginning({ keepCheckpoints: 2 }),
      ...Array.from({ length: 60 }, (_, i) => i + 1).flatMap((n) =>
        n % 10 === 0 ? [step(n), epoch(n / 10), checkpoint(n / 10, { best: n === 30 })] : [step(n)],
      ),
    ];
    const whole = await openPanel(browser(), 'webview.js');
    await whole.send(snapshot(events));
    const followed = await openPanel(browser(), 'webview.js');
    await followed.send(snapshot(events.slice(0, 20)));
    for (let i = 20; i < events.length; i += 7) await followed.send({ type: 'events', events: events.slice(i, i + 7) });
    // A document that loads again while it is shown gets the run whole once more.
    const again = await openPanel(browser(), 'webview.js');
    await again.send(snapshot(events.slice(0, 50)));
    await again.send(snapshot(events));
    const shown = await whole.page.evaluate(contentOfPanel);
    assert.ok(
      shown.some((line) => line.includes('"points":"66"')),
      shown.join('\n'),
    );
    assert.deepEqual(await followed.page.evaluate(contentOfPanel), shown);
    assert.deepEqual(await again.page.evaluate(contentOfPanel), shown);
    for (const panel of [whole, followed, again]) await panel.close();
  });

  it('ends a run whoever trains it, and lets it go on when it rests', async () => {
    const panel = await openPanel(browser(), 'webview.js');
    const shown = async () => {
      const buttons = panel.page.locator('header vscode-button:visible');
      return (await buttons.allTextContents()).map((text) => text.trim());
    };
    const elsewhere = { alive: true, stopping: false, ownedHere: false };
    const told = [...beginning(), step(10), epoch(1), checkpoint(1)];
    await panel.send(snapshot(told, { liveness: elsewhere }));
    assert.deepEqual(await shown(), ['Stop', 'Pause', 'Show Run Folder']);
    await panel.page.locator('#pause').click();
    await panel.send({ type: 'liveness', liveness: { ...elsewhere, alive: false }, hasReport: false });
    assert.equal(await panel.page.locator('.badge').textContent(), 'Interrupted');
    assert.deepEqual(await shown(), ['Go On', 'Show Run Folder']);
    const notice = () => panel.page.locator('.notice').last().textContent();
    assert.match(
      (await notice())!,
      /^Training broke off after epoch 1 of \d+: its process is gone, and nothing says why\. It can go on from there\.$/,
    );
    await panel.page.locator('#goOn').click();
    const silence = { message: 'Training has not answered for 5 minutes.', advice: 'It may still come back.' };
    await panel.send({ type: 'liveness', liveness: { ...elsewhere, silence }, hasReport: false });
    assert.equal(await panel.page.locator('.badge').textContent(), 'Not answering');
    assert.equal(await notice(), `${silence.message} ${silence.advice}`);
    assert.ok(await panel.page.locator('.ring').isHidden(), 'nothing turns that stands still');
    await panel.send({ type: 'events', events: [SAMPLE_EVENTS.failure] });
    assert.equal(await panel.page.locator('.notice').count(), 1, 'one that has ended is not silent');
    await panel.send(snapshot(told, { liveness: { ...elsewhere, silence } }));
    assert.deepEqual(await shown(), ['Stop', 'Pause', 'Show Run Folder']);
    const rests = { ...elsewhere, alive: false };
    const end = { ...SAMPLE_EVENTS.finished, reason: 'paused' as const };
    await panel.send(snapshot([...told, end], { liveness: rests }));
    assert.equal(await panel.page.locator('.badge').textContent(), 'Paused');
    await panel.send(snapshot([...told, { ...end, reason: 'completed' }], { liveness: rests }));
    assert.deepEqual(await shown(), ['Go On for 10 Epochs', 'Show Run Folder']);
    await panel.page.locator('#longer').click();
    assert.deepEqual(
      (await panel.posted()).filter(({ type }) => type !== 'ready'),
      [{ type: 'pause' }, { type: 'goOn', more: 0 }, { type: 'goOn', more: 10 }],
    );
    // What goes on has its old end no more, and nothing twice.
    const resumed = { ...SAMPLE_EVENTS.resumed, epoch: 1, step: 10, stages: 0, marks: 0 };
    await panel.send(snapshot([...told, step(11), step(12), end, resumed, step(11)], { liveness: elsewhere }));
    assert.equal(await panel.page.locator('.badge').textContent(), 'Training');
    await panel.close();
  });

  it('draws all other parts when one fails, and tells the host once', async () => {
    const panel = await openPanel(browser(), 'webview.js');
    await panel.page.evaluate(() => {
      // The charts' lines cannot be drawn any more.
      CanvasRenderingContext2D.prototype.save = () => {
        throw new Error('no canvas today');
      };
    });
    await panel.send(snapshot([...beginning(), step(1), step(10), epoch(1), checkpoint(1)]));
    for (let n = 11; n < 20; n++) await panel.send({ type: 'events', events: [step(n)] });
    assert.equal(await panel.page.locator('tr[data-epoch="1"]').count(), 1);
    assert.equal(await panel.page.locator('.checkpoints li').count(), 1);
    const failed = (await panel.posted()).filter(({ type }) => type === 'failed').map(({ message }) => String(message));
    for (const part of ['loss', 'accuracy'])
      assert.equal(failed.filter((message) => message.startsWith(`${part}: Error: no canvas today`)).length, 1);
    await panel.close();
  });

  it('marks the same epoch as the best in tile, table and checkpoints, and says what was not validated', async () => {
    const panel = await openPanel(browser(), 'webview.js');
    const stopped = { path: 'checkpoints/step-000052', epoch: 5, step: 52 };
    await panel.send(
      snapshot([
        ...beginning({ keepCheckpoints: 3 }),
        // The float epoch 1 is more accurate, but since the network rounds, epochs are held against those that round.
        ...[0.9, 0.5, 0.6, 0.6, 0.55].flatMap((valAccuracy, i) => [
          step(10 * i + 10),
          epoch(i + 1, { valAccuracy, valLoss: 1 / (i + 1) }),
          checkpoint(i + 1, { best: [0, 1, 2, 3].includes(i) }),
        ]),
        step(52),
        checkpoint(5, stopped),
      ]),
    );
    assert.deepEqual(await panel.page.locator('.checkpoints li > span:first-child').allTextContents(), [
      'Step 52, in epoch 6 – not validated',
      'Epoch 5  ·  validation accuracy 55.0 %',
      'Epoch 4  ·  validation accuracy 60.0 %  ·  best',
      'Epoch 3  ·  validation accuracy 60.0 %',
    ]);
    assert.equal(await panel.page.locator('tr.best').getAttribute('data-epoch'), '4');
    assert.match((await panel.page.locator('.tiles').textContent()) ?? '', /best 60\.0 % in epoch 4/);
    await panel.close();
  });

  it('names the metric where a validation is not by the highest score', async () => {
    const panel = await openPanel(browser(), 'webview.js');
    const metric = 'nearestNeighbour';
    await panel.send(snapshot([...beginning(), step(10), epoch(1, { metric }), checkpoint(1, { best: true })]));
    const text = (await panel.page.locator('#panel').innerText()).replace(/\s+/g, ' ');
    assert.match(text, /Nearest neighbour 30\.0 %/);
    assert.match(text, /Epoch 1 · nearest neighbour right 30\.0 %/);
    assert.doesNotMatch(text, /[Vv]alidation accuracy|Val\. accuracy/);
    const [loss, accuracy] = await panel.page.locator('canvas').evaluateAll((all) => all.map((one) => one.ariaLabel));
    assert.match(loss!, /validation 3\.0000/);
    assert.match(accuracy!, /nearest neighbour 30\.0 %/);
    await panel.close();
  });

  it('says what came of it in a sentence, with one thing to do next, and only when it has ended', async () => {
    const answers = { right: 37, pictures: 40, weakest: { person: 's12', right: 1, pictures: 3 } };
    const events = [
      ...beginning({ epochs: 2 }),
      ...Array.from({ length: 20 }, (_, i) => step(i + 1)),
      epoch(1, { metric: 'accuracy', answers: { right: 36, pictures: 40 } }),
      epoch(2, { metric: 'accuracy', valAccuracy: 0.925, answers }),
      checkpoint(2, { best: true }),
    ];
    const panel = await openPanel(browser(), 'webview.js');
    await panel.send(snapshot(events));
    const [words, next] = [panel.page.locator('#verdict'), panel.page.locator('#next')];
    assert.equal(await words.textContent(), 'After 2 of 2 epochs: right in 37 of 40 new pictures.');
    assert.ok(!(await next.isVisible()), 'while it trains there is nothing to do');
    const finished = { ...SAMPLE_EVENTS.finished, epochs: 2, steps: 20, bestEpoch: 2 };
    const ended = { alive: false, stopping: false, ownedHere: false };
    await panel.send(snapshot([...events, finished], { liveness: ended }));
    assert.match(
      (await words.textContent())!,
      /^Right in 37 of 40 new pictures\. With so few.*Weakest: s12 \(1 of 3\)\.$/,
    );
    await panel.page.screenshot({ path: path.join(screenshots, 'verdict.png') });
    await panel.page.setViewportSize({ width: 280, height: 700 });
    await panel.page.screenshot({ path: path.join(screenshots, 'verdict-narrow.png') });
    await next.click();
    assert.deepEqual((await panel.posted()).at(-1), { type: 'tryPicture', checkpoint: 'checkpoints/epoch-0002' });
    assert.deepEqual(panel.errors, []);
    await panel.close();
  });
});

/** Runs in the page: all that it shows, an element a line. What the toolkit adds to its elements depends on time. */
function contentOfPanel(): string[] {
  const shown = [...document.querySelectorAll<HTMLElement>('#panel *')].filter((one) => !one.closest('[hidden]'));
  return shown.map(({ localName, className, dataset, ariaLabel, children, textContent }) =>
    JSON.stringify([localName, className, dataset, ariaLabel, children.length === 0 ? textContent : '']),
  );
}
