import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { RunModel } from '../../src/client/runModel.js';
import { mobileNetV2 } from '../support/networks.js';
import { initialValues } from '../../src/graph/networkState.js';
import { writeSample } from '../../src/sample/writeSample.js';
import { loadHdf5, writeKerasWeights } from '../support/kerasWeights.js';
import {
  chooseInContextMenu,
  drawn,
  keepFailure,
  notification,
  openWorkbench,
  quickInput,
  quickPickRow,
  reloadKeeping,
  screenshots,
  until,
  webviewWith,
  type Workbench,
} from '../support/workbench.js';

/** ImageNet weights as their storage has them, on this machine. */
async function serveWeights(file: string, asked: string[]): Promise<http.Server> {
  const graph = mobileNetV2({ size: 128, people: 2 });
  writeKerasWeights(await loadHdf5(), file, graph, initialValues(graph, 1));
  const storage = http.createServer((request, response) => {
    asked.push(request.url!);
    fs.createReadStream(file).pipe(response.setHeader('content-length', fs.statSync(file).size));
  });
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  return storage;
}

describe('the pictures in a real VS Code', function () {
  this.timeout(180_000);
  let workbench: Workbench | undefined;
  let workspace: string;
  let storage: http.Server | undefined;
  let page: Page;
  const asked: string[] = [];

  before(async () => {
    workbench = await openWorkbench(async (at, folder) => {
      const people = path.join(at, 'people');
      await writeSample(people, { people: 12, picturesEach: 10, size: 160, seed: 3 });
      const file = (person: number, name: string) =>
        path.join(people, `synthetic-${String(person).padStart(2, '0')}`, name);
      const some = (person: number, i: number) => file(person, fs.readdirSync(file(person, '.')).sort()[i]!);
      fs.writeFileSync(file(1, 'holiday.jpg'), fs.readFileSync(some(1, 0)).subarray(0, 900));
      fs.writeFileSync(file(1, 'notes.txt'), 'not a picture');
      fs.copyFileSync(some(2, 0), file(2, 'copy.jpg'));
      fs.copyFileSync(some(3, 1), file(4, 'whose.jpg'));
      await sharp(some(5, 2)).resize(40).toFile(file(5, 'tiny.png'));
      for (const name of fs.readdirSync(file(7, '.')).slice(1)) fs.rmSync(file(7, name));
      storage = await serveWeights(path.join(folder, 'weights.h5'), asked);
      return {
        settings: { 'faceTrainer.recipe': 'default', 'explorer.autoReveal': false },
        environment: {
          FACE_TRAINER_WEIGHTS_URL: `http://127.0.0.1:${(storage.address() as AddressInfo).port}/`,
          FACE_TRAINER_CACHE: path.join(folder, 'cache'),
        },
      };
    });
    ({ workspace, page } = workbench);
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(async () => {
    await workbench?.close();
    storage?.close();
  });

  it('checks a right-clicked folder and reports every finding with small pictures', async () => {
    await chooseInContextMenu(page, 'people', 'Check Dataset');
    const frame = await webviewWith(page, 'section.finding', 60_000);
    const codes = await frame
      .locator('section.finding')
      .evaluateAll((all) => all.map((f) => f.getAttribute('data-code')));
    assert.deepEqual(codes, [
      'two-people',
      'unreadable',
      'single-picture',
      'exact-duplicates',
      'too-small',
      'skipped',
      'near-duplicates',
    ]);
    await drawn(frame);
    await page.screenshot({ path: path.join(screenshots, 'check.png') });
    const sizes = await frame
      .locator('.finding.error img')
      .evaluateAll((all) => all.map((image) => (image as HTMLImageElement).naturalWidth));
    assert.ok(sizes.length >= 2 && sizes.every((width) => width === 96), sizes.join());
    await frame.locator('.distribution').scrollIntoViewIfNeeded();
    await page.screenshot({ path: path.join(screenshots, 'check-end.png') });
    assert.ok((await frame.locator('.distribution li').count()) >= 12);
  });

  it('leaves pictures out at once, with an undo, and a check honours it', async () => {
    const frame = await webviewWith(page, '#leaveOut');
    await frame.locator('#leaveOut').click();
    await frame.locator('#takeBack').click();
    await frame.locator('#leaveOut').click();
    await frame.locator('#takeBack').waitFor();
    await page.screenshot({ path: path.join(screenshots, 'check-left-out.png') });
    await frame.locator('#openExclusions').click();
    await page.locator('.tab', { hasText: /^people-.*\.txt/ }).waitFor();
    const lists = path.join(workspace, '.face-trainer', 'exclude');
    const text = fs.readFileSync(path.join(lists, fs.readdirSync(lists)[0]!), 'utf8');
    assert.match(text, /^synthetic-01\/holiday\.jpg$/m);
    assert.match(text, /^synthetic-04\/whose\.jpg$/m);
    await chooseInContextMenu(page, 'people', 'Check Dataset');
    const again = await webviewWith(page, 'section.finding');
    await again.locator('section.finding.error').waitFor({ state: 'detached', timeout: 30_000 });
    await page.screenshot({ path: path.join(screenshots, 'check-again.png') });
  });

  it('shows twelve pictures as training will see them', async () => {
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Preview').click();
    const frame = await webviewWith(page, '.pairs figure', 30_000);
    assert.equal(await frame.locator('.pairs figure').count(), 12);
    const differing = await frame
      .locator('.pairs figure')
      .evaluateAll((all) => all.filter((f) => f.querySelectorAll('img')[0]!.src !== f.querySelectorAll('img')[1]!.src));
    assert.ok(differing.length >= 11);
    await drawn(frame);
    await page.screenshot({ path: path.join(screenshots, 'preview.png') });
  });

  it('brings check and preview back after the window was reloaded', async () => {
    // Of the page's own state, which is stored after the tab: without it a preview cannot be drawn again.
    await reloadKeeping(page, 'labelSmoothing');
    await page.getByRole('tab', { name: 'Preview: people' }).click();
    const preview = await webviewWith(page, '.pairs figure', 60_000);
    assert.equal(await preview.locator('.pairs figure').count(), 12);
    await page.getByRole('tab', { name: 'Check: people' }).click();
    const check = await webviewWith(page, 'section.finding', 60_000);
    assert.equal(await check.locator('section.finding[data-code="single-picture"]').count(), 1);
    await drawn(check);
    await page.screenshot({ path: path.join(screenshots, 'check-reloaded.png') });
  });

  it('aligns faces into a folder beside it', async () => {
    const aligned = path.join(workspace, 'people-aligned');
    for (let attempt = 0; attempt < 3 && !fs.existsSync(aligned); attempt++) {
      await chooseInContextMenu(page, 'people', 'Align Faces');
      await quickInput(page).waitFor();
      assert.equal(await quickInput(page).inputValue(), aligned);
      // A webview that takes the focus closes the input, and nothing starts.
      await quickInput(page)
        .press('Enter', { timeout: 3000 })
        .catch(() => undefined);
      await until('the folder', () => fs.existsSync(aligned), 20_000).catch(() => undefined);
    }
    const text = await notification(page, 'aligned');
    assert.match(text, /faces? aligned, \d+ of them doubtful/);
    assert.ok(fs.existsSync(path.join(aligned, 'contact-sheet.html')));
  });

  it('asks before it downloads the weights, and trains from them', async () => {
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Start training').click();
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    assert.equal(asked.length, 0, 'nothing is asked for before the user agrees');
    await page.screenshot({ path: path.join(screenshots, 'consent.png') });
    await dialog.getByRole('button', { name: 'Download' }).click();
    const frame = await webviewWith(page, 'canvas[data-points]', 60_000);
    assert.match(asked[0]!, /^\/mobilenet_v2_weights_\S+_1\.0_128_no_top\.h5$/);
    await frame.locator('tr[data-epoch="3"]').waitFor({ timeout: 60_000 });
    const runs = path.join(workspace, '.face-trainer', 'runs');
    const { state } = new RunModel(path.join(runs, fs.readdirSync(runs)[0]!));
    assert.deepEqual([state.run!.options.weights, state.run!.options.recipe], ['imagenet', 'default']);
    assert.deepEqual(
      state.stages.map(({ name }) => name),
      ['head', 'all'],
    );
    assert.match((await frame.locator('canvas').first().getAttribute('aria-label')) ?? '', /every layer from \d+ on/);
    await page.screenshot({ path: path.join(screenshots, 'default-recipe.png') });
    await frame.locator('#stop').click();
    await notification(page, 'Training was stopped');
  });
});
