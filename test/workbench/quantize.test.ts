import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { RunModel } from '../../src/client/runModel.js';
import { writeFileAtomically } from '../../src/platform/files.js';
import { readSummary } from '../../src/runs/runSummary.js';
import { writeSample } from '../../src/sample/writeSample.js';
import {
  answerFileDialog,
  chooseInContextMenu,
  drawn,
  keepFailure,
  notification,
  openWorkbench,
  quickPickRow,
  runCommand,
  screenshots,
  showExplorer,
  until,
  webviewWith,
  type Workbench,
  pressInRow,
} from '../support/workbench.js';

const root = path.resolve(import.meta.dirname, '../..');

describe('quantization-aware fine-tuning in a real VS Code', function () {
  this.timeout(240_000);
  let workbench: Workbench | undefined;
  let workspace: string;
  let page: Page;
  const runs = () => path.join(workspace, '.face-trainer', 'runs');
  const parent = () => path.join(runs(), '20261125-010000-people');
  const children = () =>
    fs.readdirSync(runs()).flatMap((name) => (name.includes('int8') ? [new RunModel(path.join(runs(), name))] : []));

  before(async function () {
    this.timeout(600_000); // trains
    workbench = await openWorkbench(async (at) => {
      await writeSample(path.join(at, 'people'), { people: 8, picturesEach: 14, size: 96, seed: 3 });
      const out = path.join(at, '.face-trainer', 'runs', '20261125-010000-people');
      const options = [
        '--recipe',
        'original',
        '--size',
        '64',
        '--batch',
        '16',
        '--learning-rate',
        '1e-3',
        '--epochs',
        '25',
      ];
      execFileSync(
        process.execPath,
        [path.join(root, 'dist', 'faceTrainer.js'), 'train', path.join(at, 'people'), ...options, '--out', out],
        { stdio: 'pipe' },
      );
      return { settings: { 'explorer.autoReveal': false } };
    });
    ({ workspace, page } = workbench);
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(() => workbench?.close());

  async function finished(frame: Frame): Promise<void> {
    const phase = () => frame.locator('body').getAttribute('data-phase');
    await until('the end of the fine-tuning', async () => (await phase()) === 'completed');
  }

  it('lists runs with state, accuracy and checkpoints in a view of its own', async () => {
    await page.getByRole('tab', { name: 'Face Trainer' }).click();
    const row = page.locator('.monaco-list-row', { hasText: 'people' });
    await row.waitFor();
    assert.match((await row.textContent()) ?? '', /people.*\d+\.\d %/);
    await row.locator('.monaco-tl-twistie').click();
    await page.locator('.monaco-list-row', { hasText: 'Epoch 25' }).waitFor();
    assert.ok(await page.locator('.monaco-list-row', { hasText: 'best' }).count());
  });

  it('follows in that view a run that another process writes', async () => {
    const other = path.join(runs(), '20261125-020000-people-elsewhere');
    const row = page.locator('.monaco-list-row', { hasText: 'elsewhere –' });
    const summary = readSummary(parent())!;
    const write = (valAccuracy: number) => {
      const text = JSON.stringify({ ...summary, dataset: '/elsewhere', best: { epoch: 1, valAccuracy } });
      writeFileAtomically(path.join(other, 'summary.json'), text);
    };
    fs.mkdirSync(other);
    write(0.123);
    fs.writeFileSync(path.join(other, 'run.json'), '{}');
    await row.filter({ hasText: '12.3 %' }).waitFor();
    write(0.456);
    await row.filter({ hasText: '45.6 %' }).waitFor();
    fs.rmSync(other, { recursive: true });
    await row.waitFor({ state: 'detached' });
  });

  it('fine-tunes a checkpoint from that view, and draws on from its parent with a mark where each part begins', async () => {
    const row = page.locator('.monaco-list-row', { hasText: 'Epoch 25' });
    await row.hover();
    await page.screenshot({ path: path.join(screenshots, 'runs-view.png') });
    await pressInRow(row, 'Enable Quantization-Aware Fine-Tuning');
    const frame = await webviewWith(page, '.quantization:not([hidden])', 60_000);
    await finished(frame);
    await notification(page, 'Training has finished');
    await drawn(frame);
    await page.screenshot({ path: path.join(screenshots, 'quantization.png') });
    const [child] = children();
    const { state } = child!;
    assert.equal(state.run!.options.parent, path.join(parent(), 'checkpoints', 'epoch-0025'));
    assert.deepEqual(
      state.marks.map(({ name }) => name),
      ['calibration', 'weights', 'activations', 'batchNormFrozen', 'rangesFrozen'],
    );
    const spoken = (await frame.locator('canvas').nth(1).getAttribute('aria-label')) ?? '';
    for (const words of [
      /kernels int8/,
      /activations int8 from \d+ on/,
      /batch norm frozen/,
      /ranges frozen/,
      /float \d+\.\d %/,
      /post-training/,
    ])
      assert.match(spoken, words);
    // The parent's points stand before its own.
    const points = Number(await frame.locator('canvas').first().getAttribute('data-points'));
    const before = new RunModel(parent()).state;
    assert.equal(points, before.steps.length + before.epochs.length + state.steps.length + state.epochs.length);
    const total = state.quantizers!.quantizers.length;
    assert.equal(state.epochs.at(-1)!.activeQuantizers, total);
    await frame.locator('.quantization details summary').click();
    assert.equal(await frame.locator('.quantizers tbody tr').count(), total);
    assert.match(
      (await frame.locator('.quantization summary').textContent()) ?? '',
      new RegExp(`${total} of ${total} quantizers active`),
    );
    await frame.locator('.quantization h2').scrollIntoViewIfNeeded();
    await page.screenshot({ path: path.join(screenshots, 'quantizers.png') });
  });

  it('leaves the costliest layer in float when told so', async () => {
    const frame = await webviewWith(page, '.quantization:not([hidden])');
    const box = frame.locator('.quantization .layer input').first();
    const layer = await box.inputValue();
    await box.check();
    await frame.locator('#again').click();
    const child = await until('the second fine-tuning', () =>
      children().find(
        ({ phase, state }) => phase === 'completed' && state.run!.options.quantization!.floatLayers.length > 0,
      ),
    );
    assert.deepEqual(child.state.run!.options.quantization!.floatLayers, [layer]);
    const names = child.state.quantizers!.quantizers.map(({ name, kind }) => `${kind} ${name}`);
    assert.ok(!names.includes(`weights ${layer}`), layer);
  });

  it('leads to the parent, whose panel offers the same for each checkpoint', async () => {
    const frame = await webviewWith(page, '#parent:not([hidden])');
    await frame.locator('#parent').click();
    const parentFrame = await webviewWith(page, '.checkpoints vscode-button[data-checkpoint]');
    const buttons = parentFrame.locator('.checkpoints vscode-button[data-checkpoint]');
    // The newest two, and the best where it is older.
    const there = fs.readdirSync(path.join(parent(), 'checkpoints')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(there.sort().slice(-2), ['epoch-0024', 'epoch-0025']);
    assert.deepEqual(
      await buttons.evaluateAll((all) => all.map((button) => button.getAttribute('data-checkpoint'))),
      there.reverse().map((name) => `checkpoints/${name}`),
    );
    await buttons.last().scrollIntoViewIfNeeded();
    await page.screenshot({ path: path.join(screenshots, 'checkpoints.png') });
    const before = children().length;
    await buttons.first().click();
    await until(
      'a fine-tuning from the panel',
      () => children().filter(({ phase }) => phase === 'completed').length > before,
    );
  });

  it('exports a checkpoint of the fine-tuned network as a file', async () => {
    const child = children().find(({ state }) => state.run!.options.quantization!.floatLayers.length === 0)!;
    // The view is drawn anew when a run ends; a row of before means nothing to a command.
    await until(
      'the end of the run before',
      async () => !/epoch \d/.test((await page.locator('.statusbar').textContent()) ?? ''),
    );
    const row = page.locator('.monaco-list-row', { hasText: 'int8' }).last();
    await row.locator('.monaco-tl-twistie').click();
    const checkpoint = page.locator('.monaco-list-row', { hasText: 'Epoch 4' });
    const kind = quickPickRow(page, 'TensorFlow Lite, int8');
    // A row that is drawn anew under the mouse takes the click with it.
    await until('the kinds of files', async () => {
      await checkpoint.first().hover();
      await checkpoint.first().getByRole('button', { name: 'Export Model' }).click();
      return kind.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
    });
    await drawn(page);
    await page.screenshot({ path: path.join(screenshots, 'export.png') });
    await page.keyboard.press('Enter');
    await quickPickRow(page, 'Whole classifier').waitFor();
    await page.keyboard.press('Enter');
    const file = path.join(child.runFolder, 'exports', 'epoch-0004-int8.tflite');
    await answerFileDialog(page, { proposed: '.tflite' });
    await until('the file', () => fs.existsSync(file), 30_000);
    assert.equal(fs.readFileSync(file).toString('latin1', 4, 8), 'TFL3');
    assert.match(await notification(page, 'was written'), /epoch-0004-int8\.tflite was written, \d\.\d MB/);
  });

  it('asks for the checkpoint when started from the palette', async () => {
    await runCommand(page, 'Face Trainer: Enable Quantization-Aware Fine-Tuning');
    await quickPickRow(page, /people – \d\d:\d\d, epoch 25/).waitFor();
    assert.equal(await page.locator('.quick-input-widget .monaco-list-row', { hasText: 'int8' }).count(), 0);
    await page.keyboard.press('Escape');
  });

  it('says that the pictures have changed, and goes on with them when told so', async () => {
    const [first] = fs.readdirSync(path.join(workspace, 'people', 'synthetic-01'));
    fs.rmSync(path.join(workspace, 'people', 'synthetic-01', first!));
    await showExplorer(page);
    for (const name of ['.face-trainer', 'runs', '20261125-010000-people', 'checkpoints']) {
      const row = page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
      if ((await row.getAttribute('aria-expanded')) !== 'true') await row.click();
    }
    await chooseInContextMenu(page, 'epoch-0025', 'Enable Quantization-Aware Fine-Tuning');
    const text = await notification(page, 'not those that the network was trained with');
    assert.match(text, /added, removed or changed/);
    const done = children().filter(({ phase }) => phase === 'completed').length;
    await page.screenshot({ path: path.join(screenshots, 'dataset-changed.png') });
    await page.getByRole('button', { name: 'Continue with the Changed Pictures' }).click();
    await until(
      'the fine-tuning with other pictures',
      () => children().filter(({ phase }) => phase === 'completed').length > done,
    );
  });
});
