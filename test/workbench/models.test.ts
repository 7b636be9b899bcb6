import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { RunModel } from '../../src/client/runModel.js';
import { writeSample } from '../../src/sample/writeSample.js';
import {
  answerFileDialog,
  chooseInContextMenu,
  drawn,
  fileDialog,
  keepFailure,
  notification,
  openWorkbench,
  reloadKeeping,
  runAndPick,
  screenshots,
  showExplorer,
  until,
  webviewWith,
  type Workbench,
  pressInRow,
} from '../support/workbench.js';

const root = path.resolve(import.meta.dirname, '../..');

describe('a trained network at work in a real VS Code', function () {
  this.timeout(240_000);
  let workbench: Workbench | undefined;
  let workspace: string;
  let page: Page;
  const run = () => path.join(workspace, '.face-trainer', 'runs', '20261125-020000-people-int8');
  const checkpoint = () => path.join(run(), 'checkpoints', 'epoch-0002');
  const faces = (person: string) =>
    fs.readdirSync(path.join(workspace, 'people', person)).map((name) => path.join(workspace, 'people', person, name));

  before(async function () {
    this.timeout(600_000); // trains
    workbench = await openWorkbench(async (at) => {
      await writeSample(path.join(at, 'people'), { people: 8, picturesEach: 20, size: 96, seed: 5 });
      const cli = (...args: string[]) =>
        execFileSync(process.execPath, [path.join(root, 'dist', 'faceTrainer.js'), ...args], { stdio: 'pipe' });
      const runs = path.join(at, '.face-trainer', 'runs');
      const parent = path.join(runs, '20261125-010000-people');
      cli(
        'train',
        path.join(at, 'people'),
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
        '--split',
        '0.6',
        '--out',
        parent,
      );
      cli(
        'qat',
        path.join(parent, 'checkpoints', 'epoch-0025'),
        '--epochs',
        '2',
        '--out',
        path.join(runs, '20261125-020000-people-int8'),
      );
      return { settings: { 'explorer.autoReveal': false } };
    });
    ({ workspace, page } = workbench);
  });

  afterEach(async function () {
    await keepFailure(page, this.currentTest);
  });

  after(() => workbench?.close());

  it('compares float and int8 in a table, a chart and a gallery', async () => {
    await page.getByRole('tab', { name: 'Face Trainer' }).click();
    const row = page.locator('.monaco-list-row', { hasText: 'int8' }).first();
    await row.waitFor();
    await row.locator('.monaco-tl-twistie').click();
    const item = page.locator('.monaco-list-row', { hasText: 'Epoch 2' }).first();
    await pressInRow(item, 'Compare Float and int8');
    const frame = await webviewWith(page, '.comparison', 60_000);
    assert.equal(await frame.locator('.comparison .tile').count(), 4);
    const rows = await frame.locator('.measured tbody tr').allTextContents();
    assert.match(rows[0]!, /^Accuracy\d+\.\d %\d+\.\d %$/);
    assert.match(rows.join('|'), /Size\d+\.\d+ MB\d+\.\d+ MB\|Latency, median\d+\.\d+ ms/);
    const spoken = (await frame.locator('canvas').getAttribute('aria-label')) ?? '';
    assert.match(spoken, /Accuracy: float .* %, int8 .* %; Size: .*; Latency: /);
    const apart = Number(/\d+/.exec((await frame.locator('.tile .detail').nth(1).textContent()) ?? '')![0]);
    assert.equal(await frame.locator('.difference').count(), apart);
    await drawn(frame);
    await page.screenshot({ path: path.join(screenshots, 'comparison.png') });
  });

  it('tells who is in pictures that are chosen, pasted or dropped', async () => {
    await (await webviewWith(page, '.comparison')).locator('#tryPicture').click();
    const frame = await webviewWith(page, '.try');
    await drawn(frame);
    await page.screenshot({ path: path.join(screenshots, 'try-empty.png') });
    const [first, second] = [faces('synthetic-01')[0]!, faces('synthetic-02')[0]!];
    await frame.locator('#chooseFiles').click();
    await answerFileDialog(page, { file: first });
    // Its people are enrolled first.
    await frame.locator('.answer').waitFor({ timeout: 60_000 });
    assert.match((await frame.locator('.answer h2').textContent()) ?? '', /^(synthetic-\d\d|Nobody I know.*)$/);
    assert.match((await frame.locator('.facts').textContent()) ?? '', /8 people.*your checkpoint MobileNetV2.*int8/);
    assert.equal(await frame.locator('.likeness').count(), 1);
    // The scores alone always name somebody, and only where they are asked for.
    await frame.getByLabel('Every picture is one of these people').check();
    await frame.locator('.answer li').first().waitFor({ timeout: 30_000 });
    assert.equal(await frame.locator('.answer li').count(), 5);
    assert.match((await frame.locator('.answer h2').textContent()) ?? '', /^Most like synthetic-\d\d$/);
    assert.match((await frame.locator('.subtitle').textContent()) ?? '', /MobileNetV2.*int8/);
    await page.screenshot({ path: path.join(screenshots, 'try-closed-set.png') });
    for (const [type, file] of [
      ['paste', second],
      ['drop', first],
    ] as const) {
      const before = await frame.locator('.answer').count();
      await frame.evaluate(
        ([kind, name, base64]) => {
          const bytes = Uint8Array.from(atob(base64!), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name!, { type: 'image/png' }));
          window.dispatchEvent(
            kind === 'paste'
              ? new ClipboardEvent('paste', { clipboardData: data })
              : new DragEvent('drop', { dataTransfer: data, cancelable: true }),
          );
        },
        [type, path.basename(file), fs.readFileSync(file).toString('base64')],
      );
      await until(type, async () => (await frame.locator('.answer').count()) > before, 30_000);
    }
    // What is no picture is told as such.
    await frame.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['nothing'], 'broken.png', { type: 'image/png' }));
      window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data }));
    });
    await frame.locator('.answer.failed').waitFor({ timeout: 30_000 });
    await page.screenshot({ path: path.join(screenshots, 'try.png') });
  });

  it('takes a picture with a camera, in a page of the browser', async () => {
    const frame = await webviewWith(page, '.try');
    await frame.getByLabel('Every picture is one of these people').uncheck();
    await webviewWith(page, '.recognize');
    const before = await frame.locator('.answer').count();
    const [camera] = await Promise.all([page.context().waitForEvent('page'), frame.locator('#openCamera').click()]);
    // A server of an editor that forwards ports names one in the path; the one of these tests then gives nothing there.
    const address = /^http:\/\/(?:127\.0\.0\.1|localhost):\d+\/(?:proxy\/(\d+)\/)?([\w-]{24})$/.exec(camera.url());
    assert.ok(address, camera.url());
    if (address[1] !== undefined) await camera.goto(`http://127.0.0.1:${address[1]}/${address[2]}`);
    const take = camera.getByRole('button', { name: 'Take Picture', disabled: false });
    await take.waitFor();
    await camera.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
    await take.click();
    const said = camera.locator('output', { hasText: /synthetic-\d\d|Nobody I know/ });
    await said.waitFor({ timeout: 30_000 });
    await camera.getByLabel('Who it is').fill('Colour Bars');
    await camera.getByRole('button', { name: 'Say So' }).click();
    await camera.locator('output', { hasText: 'Colour Bars' }).waitFor({ timeout: 30_000 });
    await camera.getByRole('button', { name: 'Not Colour Bars' }).waitFor();
    await camera.screenshot({ path: path.join(screenshots, 'camera.png') });
    await camera.close();
    await until('the picture in the panel', async () => (await frame.locator('.answer').count()) > before);
  });

  const chooseExport = (...kind: string[]) => runAndPick(page, 'Face Trainer: Export Model…', 'epoch 2, int8', ...kind);

  it('leaves no folder behind when the export is given up', async () => {
    await chooseExport('TensorFlow.js', 'Whole classifier');
    await fileDialog(page).waitFor();
    assert.ok(fs.existsSync(path.join(run(), 'exports')));
    await page.keyboard.press('Escape');
    await until('the end of the folder', () => !fs.existsSync(path.join(run(), 'exports')));
  });

  it('exports an embedding, and tries pictures on an exported file', async () => {
    await chooseExport('ONNX, int8', 'Embedding');
    await answerFileDialog(page, { proposed: '.onnx' });
    const file = path.join(run(), 'exports', 'epoch-0002-embedding-int8.onnx');
    await until('the file and its card', () => fs.existsSync(`${file}.card.json`), 60_000);
    assert.match(await notification(page, 'was written'), /embedding-int8\.onnx was written, \d\.\d MB\./);
    assert.ok(new RunModel(run()).state.run!.options.quantization);
    // A file with the whole classifier.
    const whole = path.join(workspace, 'door.onnx');
    execFileSync(process.execPath, [
      path.join(root, 'dist', 'faceTrainer.js'),
      'export',
      checkpoint(),
      '--format',
      'onnx',
      '--precision',
      'int8',
      '--no-measure',
      '--output',
      whole,
    ]);
    await showExplorer(page);
    await chooseInContextMenu(page, 'door.onnx', 'Try a Picture…');
    await page.getByRole('tab', { name: 'Try: door.onnx' }).waitFor();
    const frame = await until('the panel', async () => {
      for (const candidate of page.frames())
        if (
          (await candidate
            .locator('.try h1', { hasText: 'door.onnx' })
            .count()
            .catch(() => 0)) > 0
        )
          return candidate;
      return undefined;
    });
    const [picture] = faces('synthetic-03');
    await frame.locator('#chooseFiles').click();
    await answerFileDialog(page, { file: picture! });
    await frame.locator('.answer h2').waitFor({ timeout: 30_000 });
    assert.match((await frame.locator('.subtitle').textContent()) ?? '', /ONNX Runtime/);
  });

  it('keeps to the theme', async () => {
    const settings = path.join(workspace, '.vscode', 'settings.json');
    fs.mkdirSync(path.dirname(settings), { recursive: true });
    await page.getByRole('tab', { name: /^Float and int8/ }).click();
    const colours = new Set<string>();
    for (const [kind, theme] of [
      ['vscode-dark', 'Default Dark Modern'],
      ['vscode-high-contrast', 'Default High Contrast'],
    ] as const) {
      fs.writeFileSync(settings, JSON.stringify({ 'workbench.colorTheme': theme }));
      const frame = await webviewWith(page, '.comparison');
      await until(
        theme,
        async () => (await frame.locator('body').getAttribute('class'))?.split(' ').includes(kind),
        20_000,
      );
      await drawn(frame);
      colours.add(
        await frame
          .locator('.swatch')
          .first()
          .evaluate((swatch) => getComputedStyle(swatch, '::before').backgroundColor),
      );
      await page.screenshot({ path: path.join(screenshots, `comparison-${kind}.png`) });
    }
    assert.ok(!colours.has('rgba(0, 0, 0, 0)'), [...colours].join());
    await page.getByRole('tab', { name: /^Try: people/ }).click();
    await drawn(await webviewWith(page, '.try'));
    await page.screenshot({ path: path.join(screenshots, 'try-vscode-high-contrast.png') });
  });

  it('brings the comparison and the page of a network back after the window was reloaded', async () => {
    await reloadKeeping(page, 'Try: people');
    await page.getByRole('tab', { name: /^Try: people/ }).click();
    const attempt = await webviewWith(page, '.try', 60_000);
    assert.match((await attempt.locator('h1').textContent()) ?? '', /^people – \d\d:\d\d, epoch 2$/);
    await page.getByRole('tab', { name: /^Float and int8/ }).click();
    const comparison = await webviewWith(page, '.comparison');
    assert.equal(await comparison.locator('.comparison .tile').count(), 4);
  });
});
