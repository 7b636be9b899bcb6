import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { readRecognizer } from '../../src/recognizers/recognizerFolder.js';
import { sharedPaths, withShared } from '../support/shared.js';
import {
  answerFileDialog,
  chooseInContextMenu,
  drawn,
  keepFailure,
  notification,
  openWorkbench,
  reloadKeeping,
  screenshots,
  showExplorer,
  until,
  webviewWith,
  type Workbench,
  pressInRow,
} from '../support/workbench.js';

/** Enrolled by the pictures that come first in their folders; with the one that comes next somebody stands at the door. */
const FRIENDS = [
  'Adrien_Brody',
  'Amelie_Mauresmo',
  'Andy_Roddick',
  'Angelina_Jolie',
  'Ann_Veneman',
  'Bill_Gates',
  'Halle_Berry',
];
const EACH = 5;
const GUEST = 'Andy_Roddick';
/** A picture of the one in the folder of the other. */
const [ASTRAY, FOLDER] = ['Halle_Berry', 'Ann_Veneman'];

/** The kinds by what VS Code says of a webview's body. */
const THEMES = {
  'vscode-dark': 'Default Dark Modern',
  'vscode-light': 'Default Light Modern',
  'vscode-high-contrast': 'Default High Contrast',
  'vscode-high-contrast-light': 'Default High Contrast Light',
};

withShared('a recognizer in a real VS Code', [sharedPaths.wild, sharedPaths.pairs, sharedPaths.faceWeights], () => {
  describe('a recognizer in a real VS Code', function () {
    this.timeout(120_000);
    let workbench: Workbench | undefined;
    let workspace: string;
    let page: Page;
    const door = (name: string) => path.join(workspace, 'door', `${name}.jpg`);
    const recognizer = () => path.join(workspace, '.face-trainer', 'recognizers', 'friends');

    before(async () => {
      workbench = await openWorkbench(async (at, folder) => {
        await friendsIn(at);
        return {
          settings: { 'faceTrainer.faceWeights': sharedPaths.faceWeights, 'explorer.autoReveal': false },
          environment: { FACE_TRAINER_CACHE: path.join(folder, 'cache') },
        };
      });
      ({ workspace, page } = workbench);
    });

    afterEach(async function () {
      await keepFailure(page, this.currentTest);
    });

    after(() => workbench?.close());

    it('stands in its view after Recognize People on a right-clicked folder, with everybody in it', async () => {
      await chooseInContextMenu(page, 'friends', 'Recognize People');
      const said = await notification(page, '“friends” knows');
      assert.match(said, /7 people by 36 pictures after .* with face network face-reidentification-retail-0095/);
      await page.getByRole('tab', { name: 'Face Trainer' }).click();
      const row = rowOf(page, 'friends');
      await row.waitFor();
      assert.match((await row.getAttribute('aria-label')) ?? '', /^friends, recognizer of 7 people, 36 pictures/);
      await unfold(row);
      await unfold(rowOf(page, FOLDER));
      await until(
        'the pictures',
        async () => (await page.locator('.monaco-list-row[aria-level="3"]').count()) === EACH + 1,
      );
      assert.equal(readRecognizer(recognizer()).record.people.length, FRIENDS.length);
    });

    it('names somebody who is enrolled, and neither a stranger nor what is no face', async () => {
      const row = rowOf(page, 'friends');
      await pressInRow(row, 'Try a Picture…');
      const frame = await webviewWith(page, '.recognize');
      await drawn(frame);
      await page.screenshot({ path: path.join(screenshots, 'recognize-empty.png') });
      for (const name of ['nobody', 'stranger', 'guest']) await tried(frame, door(name));
      const titles = await frame.locator('.answer h2').allTextContents();
      assert.equal(titles[0], GUEST);
      assert.match(titles[1]!, /^Nobody I know \(most like \w+\)$/);
      assert.equal(titles[2], 'No face');
      assert.match(
        await answer(frame, 0).locator('.likeness').innerText(),
        new RegExp(`${GUEST}_\\d+\\.jpg \\(0\\.\\d\\d\\)$`),
      );
    });

    it('takes “not this person” to heart, and takes it back', async () => {
      const frame = await webviewWith(page, '.recognize');
      await answer(frame, 0)
        .getByRole('button', { name: `Not ${GUEST}` })
        .click();
      const title = answer(frame, 0).locator('h2');
      await until('another answer', async () => (await title.textContent()) !== GUEST);
      assert.match((await title.textContent())!, /^Nobody I know/);
      assert.match(await answer(frame, 0).innerText(), new RegExp(`You said: not ${GUEST}`));
      assert.equal(readRecognizer(recognizer()).record.people.find(({ name }) => name === GUEST)!.negatives.length, 1);
      await page.screenshot({ path: path.join(screenshots, 'recognize-corrected.png') });
      await frame.locator('#undo').click();
      await until('the answer as before', async () => (await title.textContent()) === GUEST);
      assert.equal(readRecognizer(recognizer()).record.people.find(({ name }) => name === GUEST)!.negatives.length, 0);
    });

    it('answers after the window was reloaded', async () => {
      await reloadKeeping(page, 'Try: friends');
      await page.getByRole('tab', { name: 'Try: friends' }).click();
      const frame = await webviewWith(page, '.recognize', 60_000);
      await tried(frame, door('guest'));
      assert.equal(await answer(frame, 0).locator('h2').textContent(), GUEST);
      await tried(frame, door('stranger'));
      await tried(frame, door('nobody'));
    });

    it('is evaluated on a page that begins with a sentence and lists the picture in the wrong folder', async () => {
      const recognizing = await webviewWith(page, '.recognize');
      await recognizing.locator('#evaluate').click();
      const frame = await webviewWith(page, '.sentence', 60_000);
      const sentence = (await frame.locator('.sentence').textContent()) ?? '';
      // Seven people carry no claim about 1,000 strangers.
      assert.match(sentence, /cannot be said yet: 7 of your own people/);
      const look = frame.locator('.mistakes .look', { hasText: 'astray.jpg' });
      await look.first().scrollIntoViewIfNeeded();
      await look.locator('img.face[data-state=there]').first().waitFor();
      assert.match(await look.first().innerText(), new RegExp(ASTRAY));
    });

    it('has Check Dataset list the picture that looks like someone else, with the one it is most like', async () => {
      await showExplorer(page);
      await chooseInContextMenu(page, 'friends', 'Check Dataset');
      const frame = await webviewWith(page, '[data-code="looks-like-another"]', 60_000);
      const finding = frame.locator('[data-code="looks-like-another"]');
      assert.equal(await finding.locator('h2').textContent(), 'Warning 1 picture looks like someone else');
      assert.equal(await finding.locator('.group img').count(), 2);
      assert.match(await finding.locator('.group').innerText(), new RegExp(`astray\\.jpg[^]*0\\.\\d\\d ${ASTRAY}`));
      await drawn(frame);
      await page.screenshot({ path: path.join(screenshots, 'check-looks-like-another.png') });
      await finding.getByTitle(`${FOLDER}/astray.jpg`).click();
      await page.getByRole('tab', { name: /^astray\.jpg/ }).waitFor();
    });

    it('keeps to the theme, in all four kinds', async () => {
      const pages = { recognize: 'Try: friends', evaluate: 'Evaluate: friends' };
      const roots = { recognize: '.recognize', evaluate: '.sentence' };
      const seen = new Set<string>();
      await page.getByRole('tab', { name: 'Face Trainer' }).click();
      await rowOf(page, 'friends').waitFor();
      await unfold(rowOf(page, 'friends'));
      await unfold(rowOf(page, GUEST));
      for (const [kind, theme] of Object.entries(THEMES)) {
        fs.mkdirSync(path.join(workspace, '.vscode'), { recursive: true });
        const settings = { 'workbench.colorTheme': theme };
        fs.writeFileSync(path.join(workspace, '.vscode', 'settings.json'), JSON.stringify(settings));
        for (const name of ['recognize', 'evaluate'] as const) {
          await page.getByRole('tab', { name: pages[name] }).click();
          const frame = await webviewWith(page, roots[name]);
          const body = frame.locator('body');
          await until(theme, async () => (await body.getAttribute('data-vscode-theme-kind')) === kind, 20_000);
          await drawn(frame);
          seen.add(await body.evaluate((one) => getComputedStyle(one).backgroundColor + getComputedStyle(one).color));
          await page.screenshot({ path: path.join(screenshots, `recognizer-${name}-${kind}.png`) });
        }
      }
      assert.equal(seen.size, 4, [...seen].join());
    });
  });
});

/** People to enrol, and who comes to the door. */
async function friendsIn(workspace: string): Promise<void> {
  const pictureOf = (person: string, i: number) =>
    path.join(sharedPaths.wild, person, fs.readdirSync(path.join(sharedPaths.wild, person)).sort()[i]!);
  const to = (...names: string[]) => {
    const file = path.join(workspace, ...names);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    return file;
  };
  for (const person of FRIENDS)
    for (let i = 0; i < EACH; i++)
      fs.copyFileSync(pictureOf(person, i), to('friends', person, path.basename(pictureOf(person, i))));
  fs.copyFileSync(pictureOf(ASTRAY, EACH), to('friends', FOLDER, 'astray.jpg'));
  fs.copyFileSync(pictureOf(GUEST, EACH), to('door', 'guest.jpg'));
  const stranger = path.join(sharedPaths.pairs, 'Aaron_Sorkin');
  fs.copyFileSync(path.join(stranger, fs.readdirSync(stranger).sort()[0]!), to('door', 'stranger.jpg'));
  const wall = { create: { width: 250, height: 250, channels: 3, background: '#8a97a6' } } as const;
  await sharp(wall).jpeg().toFile(to('door', 'nobody.jpg'));
}

function rowOf(page: Page, name: string): Locator {
  return page.locator(`.monaco-list-row[aria-label^="${name}"]`).first();
}

async function unfold(row: Locator): Promise<void> {
  if ((await row.getAttribute('aria-expanded')) !== 'true') await row.locator('.monaco-tl-twistie').click();
}

/** Newest first. */
function answer(frame: Frame, i: number): Locator {
  return frame.locator('.answer').nth(i);
}

async function tried(frame: Frame, file: string): Promise<void> {
  const before = await frame.locator('.answer').count();
  await frame.locator('#chooseFiles').click();
  await answerFileDialog(frame.page(), { file });
  await until(
    `an answer to ${path.basename(file)}`,
    async () => (await frame.locator('.answer').count()) > before,
    30_000,
  );
}
