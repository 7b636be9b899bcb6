import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { RunModel } from '../../src/client/runModel.js';
import { writeSample } from '../../src/sample/writeSample.js';
import {
  chooseInContextMenu,
  drawn,
  explorerReady,
  keepFailure,
  notification,
  openWorkbench,
  quickInput,
  quickPickRow,
  runCommand,
  screenshots,
  until,
  webviewWith,
  type Workbench,
} from '../support/workbench.js';

/** Points that the charts of the panel say they show. */
function pointsOf(frame: Frame): Promise<number[]> {
  return frame
    .locator('canvas[data-points]')
    .evaluateAll((all) => all.map((c) => Number((c as HTMLCanvasElement).dataset['points'])));
}

describe('Train Model in a real VS Code', function () {
  this.timeout(240_000);
  let workbench: Workbench | undefined;
  let workspace: string;
  let page: Page;

  before(async () => {
    workbench = await openWorkbench(async (at) => {
      await writeSample(path.join(at, 'people'), { people: 8, picturesEach: 12, size: 96, seed: 3 });
      fs.mkdirSync(path.join(at, 'empty'));
      fs.writeFileSync(path.join(at, 'notes.txt'), '');
      fs.writeFileSync(path.join(at, 'people', 'synthetic-01', 'broken.jpg'), 'not a picture');
      return undefined;
    });
    ({ workspace, page } = workbench);
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(() => workbench?.close());

  const runs = () => path.join(workspace, '.face-trainer', 'runs');

  function newestInTraining(): RunModel | undefined {
    const run = new RunModel(path.join(runs(), fs.readdirSync(runs()).sort().at(-1)!));
    return run.phase === 'training' && run.state.steps.length > 2 ? run : undefined;
  }

  async function change(option: RegExp, value: string): Promise<void> {
    await quickPickRow(page, option).click();
    await page.locator('.quick-input-title', { hasText: option }).waitFor();
    await quickInput(page).fill(value);
    await page.keyboard.press('Enter');
    await quickPickRow(page, new RegExp(`${option.source}.*${value}`)).waitFor();
  }

  it('trains on a right-clicked folder with the options that were picked, and draws points while it does', async () => {
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Start training').waitFor();
    await change(/Epochs/, '400');
    await change(/Batch size/, '8');
    await change(/Picture size/, '64');
    await page.screenshot({ path: path.join(screenshots, 'quick-pick.png') });
    await quickPickRow(page, 'Start training').click();

    const frame = await webviewWith(page, 'canvas[data-points]', 60_000);
    const first = await until('points in the chart', async () => (await pointsOf(frame)).find((n) => n >= 3));
    const later = await until('more points', async () => (await pointsOf(frame)).find((n) => n > first + 10));
    assert.ok(later > first);
    await until('a line in the table', () => frame.locator('tr[data-epoch="3"]').count());
    const drawn = await frame
      .locator('canvas')
      .first()
      .evaluate((canvas) => {
        const { data } = (canvas as HTMLCanvasElement)
          .getContext('2d')!
          .getImageData(0, 0, (canvas as HTMLCanvasElement).width, (canvas as HTMLCanvasElement).height);
        return data.filter((_, i) => i % 4 === 3 && data[i]! > 0).length;
      });
    assert.ok(drawn > 500, `the loss chart has ${drawn} coloured pixels`);
    assert.match((await frame.locator('.notices details summary').textContent()) ?? '', /1 file skipped/);
    assert.match((await page.locator('.statusbar').textContent()) ?? '', /people: epoch \d+\/400/);
  });

  it('keeps to the theme, in all four kinds, and redraws when it changes', async () => {
    const frame = await webviewWith(page, 'canvas[data-points]');
    // The kinds by what VS Code says of a webview's body; its classes name a light high contrast as the dark one, too.
    const themes = {
      'vscode-dark': 'Default Dark Modern',
      'vscode-light': 'Default Light Modern',
      'vscode-high-contrast-light': 'Default High Contrast Light',
      'vscode-high-contrast': 'Default High Contrast',
    };
    const seen = new Set<string>();
    for (const [kind, theme] of Object.entries(themes)) {
      fs.mkdirSync(path.join(workspace, '.vscode'), { recursive: true });
      fs.writeFileSync(
        path.join(workspace, '.vscode', 'settings.json'),
        JSON.stringify({ 'workbench.colorTheme': theme }),
      );
      await until(
        theme,
        async () => (await frame.locator('body').getAttribute('data-vscode-theme-kind')) === kind,
        20_000,
      );
      await drawn(frame);
      seen.add(
        await frame
          .locator('body')
          .evaluate((body) => getComputedStyle(body).backgroundColor + getComputedStyle(body).color),
      );
      await page.screenshot({ path: path.join(screenshots, `panel-${kind}.png`) });
    }
    assert.equal(seen.size, 4, [...seen].join());
    fs.rmSync(path.join(workspace, '.vscode'), { recursive: true });
  });

  it('stops after the batch at hand and leaves a checkpoint', async () => {
    const frame = await webviewWith(page, 'canvas[data-points]');
    await frame.locator('#stop').click();
    await until('the stop', async () => (await frame.locator('body').getAttribute('data-phase')) === 'stopped', 20_000);
    await notification(page, 'Training was stopped');
    await page.screenshot({ path: path.join(screenshots, 'stopped.png') });
    const run = path.join(runs(), fs.readdirSync(runs())[0]!);
    assert.ok(fs.readdirSync(path.join(run, 'checkpoints')).some((name) => name.startsWith('step-')));
    assert.ok(fs.existsSync(path.join(run, 'report.html')));
  });

  it('opens the report from the panel', async () => {
    const frame = await webviewWith(page, '#report');
    await frame.locator('#report').click();
    const report = await webviewWith(page, 'svg polyline.validation');
    await drawn(page); // the report runs no script
    await page.screenshot({ path: path.join(screenshots, 'report.png') });
    assert.equal(await report.locator('svg').count(), 2);
    await page.locator('.tab', { hasText: 'Report: people' }).getByRole('button', { name: /Close/ }).click();
  });

  it('finds the panel rebuilt from the run folder after the window was reloaded', async () => {
    const shown = await webviewWith(page, 'canvas[data-points]');
    const before = await until('the points', async () => {
      const points = await pointsOf(shown);
      return points.every((n) => n > 0) && points.length === 2 && points;
    });
    await page.reload();
    await explorerReady(page);
    const frame = await webviewWith(page, 'canvas[data-points]', 60_000);
    const after = await until('the points', async () => {
      const points = await pointsOf(frame);
      return points.every((n) => n > 0) && points.length === 2 && points;
    });
    assert.deepEqual(after, before);
    assert.equal(await frame.locator('body').getAttribute('data-phase'), 'stopped');
    await page.screenshot({ path: path.join(screenshots, 'reloaded.png') });
  });

  it('draws the same run by epoch, and keeps to that view', async () => {
    const frame = await webviewWith(page, 'canvas[data-points]');
    const epochs = await frame.locator('tr[data-epoch]').count();
    await frame.locator('vscode-radio[value="epoch"]').click();
    await until('the points of the epochs', async () => (await pointsOf(frame)).every((n) => n === epochs));
    assert.match(
      (await frame.locator('canvas').first().getAttribute('aria-label')) ?? '',
      new RegExp(`^Loss: ${epochs} points`),
    );
    await page.screenshot({ path: path.join(screenshots, 'by-epoch.png') });
  });

  it('says in one sentence why a folder without people cannot be trained with, and stays alive', async () => {
    await chooseInContextMenu(page, 'empty', 'Train Model');
    await quickPickRow(page, 'Start training').click();
    const text = await notification(page, 'has no sub-folder with pictures');
    assert.doesNotMatch(text, /\n\s+at |Error:/);
    await page.screenshot({ path: path.join(screenshots, 'bad-folder.png') });
  });

  it('asks for a folder when started from the palette', async () => {
    await runCommand(page, 'Face Trainer: Train Model');
    await page.locator('.quick-input-title', { hasText: 'Folder with one sub-folder for each person' }).waitFor();
    await quickPickRow(page, 'people').click();
    await until('the folder', async () => (await quickInput(page).inputValue()).endsWith('/people/'));
    await page.getByRole('button', { name: 'Train on This Folder' }).click();
    await page.locator('.quick-input-title', { hasText: 'Train Model on “people”' }).waitFor();
    await quickPickRow(page, 'Start training').waitFor();
    await page.keyboard.press('Escape');
  });

  it('searches for a learning rate, shows the curve under the mouse and narrow, and trains with what is proposed', async () => {
    await runCommand(page, 'View: Close All Editors');
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Find Learning Rate').click();
    const frame = await webviewWith(page, '#proposal', 120_000);
    await drawn(frame);
    const chart = frame.locator('canvas');
    const box = (await chart.boundingBox())!;
    for (let i = 1; i < 40; i++) await page.mouse.move(box.x + (i / 40) * box.width, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.screenshot({ path: path.join(screenshots, 'learning-rate-editor.png') });
    const wide = page.viewportSize()!;
    await page.setViewportSize({ width: 640, height: wide.height });
    await until('a narrower chart', async () => ((await chart.boundingBox())?.width ?? box.width) < box.width / 1.5);
    await drawn(frame);
    await page.screenshot({ path: path.join(screenshots, 'learning-rate-narrow.png') });
    await page.setViewportSize(wide);
    const said = (await frame.locator('#proposal').textContent())!;
    await frame.locator('#train').click();
    const rate = /^Proposed learning rate: (.*)$/.exec(said)?.[1];
    await quickPickRow(page, rate === undefined ? /Learning rate/ : new RegExp(`Learning rate.*${rate}`)).waitFor();
    await page.screenshot({ path: path.join(screenshots, 'learning-rate-taken.png') });
    await page.keyboard.press('Escape');
  });

  it('takes no key from somebody who writes while a training starts', async () => {
    const notes = path.join(workspace, 'notes.txt');
    await runCommand(page, 'View: Close All Editors');
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'notes.txt' }).dblclick();
    await page.locator('.editor-group-container .monaco-editor').first().waitFor();
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Start training').click();
    await page.locator('.editor-group-container .monaco-editor').first().click();
    let typed = '';
    let points = 0;
    while (points < 3) {
      for (const key of 'who is at the door? ') await page.keyboard.press(key === ' ' ? 'Space' : key);
      typed += 'who is at the door? ';
      const shown = await webviewWith(page, 'canvas[data-points]', 100).catch(() => undefined);
      points = shown ? ((await pointsOf(shown)).at(0) ?? 0) : 0;
    }
    await page.screenshot({ path: path.join(screenshots, 'beside-a-text.png') });
    await page.keyboard.press('ControlOrMeta+s');
    const written = () => fs.readFileSync(notes, 'utf8');
    await until('the text', () => written().length >= typed.length, 10_000).catch(() => undefined);
    assert.equal(written(), typed);
    await runCommand(page, 'Face Trainer: Stop Training');
    await notification(page, 'Training was stopped');
  });

  it('tells of a training process that the system killed, and keeps the panel', async () => {
    await chooseInContextMenu(page, 'people', 'Train Model');
    await quickPickRow(page, 'Start training').click();
    const run = await until('a run in training', newestInTraining);
    process.kill(run.state.run!.pid, 'SIGKILL');
    await notification(page, 'its process was ended at once');
    await until('the broken off run', () => webviewWith(page, 'body[data-phase="interrupted"]'));
    await page.screenshot({ path: path.join(screenshots, 'killed.png') });
  });
});
