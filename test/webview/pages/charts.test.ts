import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import type { RunEvent } from '../../../src/protocol/runEvents.js';
import { browserOfSuite, openPanel, screenshots, type PanelPage } from '../../support/panelPage.js';
import { beginning, checkpoint, epoch, snapshot, step } from '../../support/runEvents.js';

const EPOCH = 60;
const ENDED = { liveness: { alive: false, stopping: false, ownedHere: false } };

/** A run of 12 epochs: every layer from the third on, the seventh is the best, and from there the loss of new pictures grows. */
function run(): RunEvent[] {
  const stage = (name: 'head' | 'all', e: number) => ({
    type: 'stage' as const,
    name,
    epoch: e,
    step: EPOCH * (e - 1),
  });
  const noise = (n: number) => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1;
  const steps = Array.from({ length: 12 * EPOCH }, (_, i) => i + 1).flatMap((n): RunEvent[] => {
    const of = { epoch: Math.ceil(n / EPOCH), loss: 4.5 / (1 + n / 90) + noise(n) / (1 + n / 200) };
    const made = step(n, { ...of, accuracy: Math.max(0, 0.95 - 1 / (1 + n / 90) + 0.2 * noise(n + 7) - 0.1) });
    if (n % EPOCH > 0) return [made];
    const e = n / EPOCH;
    const valLoss = e <= 7 ? 4 / e + 0.8 : 1.37 + 0.1 * (e - 7);
    const valAccuracy = e <= 7 ? 0.12 * e : 0.84 - 0.02 * (e - 7);
    const end = { step: n, loss: 4.5 / e, accuracy: 0.08 * e, valLoss, valAccuracy };
    return [made, epoch(e, end), checkpoint(e, { step: n, best: e <= 7 })];
  });
  return [...beginning({ epochs: 12, keepCheckpoints: 2 }), stage('head', 1), stage('all', 3), ...steps];
}

describe('the charts of a run', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();
  let panel: PanelPage;
  let loss: Locator;
  before(() => fs.mkdirSync(screenshots, { recursive: true }));
  beforeEach(async () => {
    panel = await openPanel(browser(), 'webview.js');
    await panel.send(snapshot(run(), ENDED));
    loss = panel.page.locator('.canvas').first();
  });
  afterEach(async () => {
    assert.deepEqual(panel.errors, []);
    assert.deepEqual(
      (await panel.posted()).filter(({ type }) => type === 'failed'),
      [],
    );
    await panel.close();
  });

  const said = () => panel.page.locator('.spoken').textContent();
  const tips = () => panel.page.locator('.tip:visible').allTextContents();
  const press = async (...keys: string[]) => {
    for (const key of keys) await panel.page.keyboard.press(key);
    await panel.send();
  };
  /** Presses the mouse at one share of the plot's width, and lets go at another. */
  const drag = async (from: number, to: number) => {
    const box = (await loss.boundingBox())!;
    const at = (share: number) => [box.x + 40 + share * (box.width - 50), box.y + 150] as const;
    await panel.page.mouse.move(...at(from));
    await panel.page.mouse.down();
    await panel.page.mouse.move(...at((from + to) / 2));
    await panel.page.mouse.move(...at(to));
    await panel.page.mouse.up();
    await panel.send();
  };
  /** First and last step that the cursor reaches in what is shown of both charts. */
  const shown = async () => {
    await loss.focus();
    await press('Escape', 'ArrowRight');
    const first = await said();
    await press('Escape', 'ArrowLeft');
    const ends = [first, await said()].map((text) => Number(/Step ([\d,]+)/.exec(text!)![1]!.replace(',', '')));
    await press('Escape');
    return ends as [number, number];
  };

  it('say what is at the cursor, moved by keys: by one, by ten, to the ends, to the best epoch', async () => {
    await loss.focus();
    await press('b');
    assert.equal(await said(), 'Best epoch, 7: Step 420, loss 0.91, validation 1.37');
    await press('ArrowRight');
    assert.match((await said())!, /^Step 422, loss 0\.\d+, validation 1\.37$/, '720 steps are drawn by twos');
    await press('Shift+ArrowLeft', 'ArrowLeft');
    assert.match((await said())!, /^Step 400, .*, validation 1\.47$/);
    await press('Home');
    assert.match((await said())!, /^Step 1, loss [\d.]+$/);
    await press('End');
    assert.match((await said())!, /^Step 720, loss [\d.]+, validation 1\.87$/);
    await press('Tab', 'b');
    assert.equal(await said(), 'Best epoch, 7: Step 420, accuracy 70.4 %, validation 84.0 %');
    assert.equal((await tips()).length, 2, 'both charts read it');
    await press('Escape');
    assert.deepEqual(await tips(), []);
  });

  it('zoom by keys around the cursor, show every step there, and all again', async () => {
    await loss.focus();
    assert.ok(await panel.page.locator('#reset').isDisabled());
    await press('b', '+', '+', '+', '+');
    const [from, to] = await shown();
    assert.ok(to - from > 120 && to - from < 160, `${from} to ${to}`);
    await press('b', 'ArrowRight');
    assert.match((await said())!, /^Step 421/, 'zoomed in, each step is drawn');
    await press('-');
    const wider = await shown();
    assert.ok(wider[1] - wider[0] > 1.4 * (to - from), wider.join());
    await press('End');
    assert.match((await said())!, /^Step 720/);
    assert.equal((await shown())[1], 720, 'what is shown goes where the cursor does');
    await press('0');
    assert.deepEqual(await shown(), [1, 720]);
    assert.ok(await panel.page.locator('#reset').isDisabled());
  });

  it('zoom by a drag, move by a drag with Shift, zoom by the wheel with Ctrl, and show all by a double click', async () => {
    await drag(0.25, 0.5);
    const zoomed = await shown();
    assert.ok(zoomed[0] > 170 && zoomed[0] < 230 && zoomed[1] > 370 && zoomed[1] < 430, zoomed.join());
    await panel.page.keyboard.down('Shift');
    await drag(0.5, 0.25);
    await panel.page.keyboard.up('Shift');
    const moved = await shown();
    const quarter = (zoomed[1] - zoomed[0]) / 4;
    assert.ok(Math.abs(moved[0] - zoomed[0] - quarter) < 6, `${moved.join()} from ${zoomed.join()}`);
    assert.ok(Math.abs(moved[1] - moved[0] - (zoomed[1] - zoomed[0])) <= 2, 'as wide as before');
    await loss.hover();
    await panel.page.keyboard.down('Control');
    await panel.page.mouse.wheel(0, -300);
    await panel.page.keyboard.up('Control');
    await panel.send();
    const nearer = await shown();
    assert.ok(nearer[1] - nearer[0] < 0.6 * (moved[1] - moved[0]), nearer.join());
    await loss.dblclick();
    await panel.send();
    assert.deepEqual(await shown(), [1, 720]);
    await drag(0.5, 0.502);
    assert.deepEqual(await shown(), [1, 720], 'a click zooms to nothing');
  });

  it('leave a plain wheel to the page', async () => {
    await panel.page.setViewportSize({ width: 1000, height: 400 });
    await loss.hover();
    const before = await panel.page.evaluate(() => scrollY);
    await panel.page.mouse.wheel(0, 200);
    await panel.page.waitForFunction((old) => scrollY > old, before);
    assert.deepEqual(await shown(), [1, 720]);
  });

  it('read the place of the mouse in both, and say what a mark means', async () => {
    const box = (await loss.boundingBox())!;
    const texts = new Set<string>();
    for (let x = 60; x < box.width; x += 6) {
      await panel.page.mouse.move(box.x + x, box.y + 100);
      const now = await tips();
      assert.equal(now.length, 2, `at ${x}`);
      for (const text of now) texts.add(text);
    }
    assert.ok([...texts].some((text) => text.endsWith('every layer: from here all layers learn; a jump is normal')));
    await panel.page.mouse.move(5, 5);
    assert.deepEqual(await tips(), []);
  });

  it('smooth in the frame of the drag, over the logarithm of the loss as well, and keep both over a reload', async () => {
    const drawn = () =>
      panel.page
        .locator('canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const pictures = [await drawn()];
    for (const value of ['0', '0.2', '0.99']) {
      await panel.page.locator('#smoothing').fill(value);
      await panel.send();
      pictures.push(await drawn());
    }
    await panel.page.locator('#log').click();
    await panel.send();
    pictures.push(await drawn());
    assert.equal(new Set(pictures).size, 5, 'each looks otherwise');
    const kept = await panel.page.evaluate('window.saved');
    assert.deepEqual(kept, { runFolder: '/runs/one', view: 'step', smoothing: 0.99, log: true });
    await panel.page.addInitScript((saved) => Object.assign(window, { saved }), kept);
    await panel.page.reload();
    await panel.theme('dark');
    await panel.send(snapshot(run(), ENDED));
    assert.equal(await panel.page.locator('#smoothing').inputValue(), '0.99');
    assert.equal(await panel.page.locator('#log').getAttribute('aria-pressed'), 'true');
    assert.equal(await drawn(), pictures[4]);
  });

  it('make files of what is shown: a picture of twice the pixels, a drawing, numbers', async () => {
    const files = async () => (await panel.posted()).filter(({ type }) => type === 'saveCharts');
    await loss.focus();
    await press('b', '+', '+', 'e', 'ArrowDown', 'Enter');
    const [svg] = (await files()).map(({ format, data }) => [format, data] as [string, string]);
    assert.equal(svg![0], 'svg');
    assert.ok(await loss.evaluate((one) => one === document.activeElement), 'the focus is back in the chart');
    const drawing = await panel.page.evaluate((text) => {
      const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
      const words = [...root.querySelectorAll('text')].map(({ textContent }) => textContent);
      return { name: root.localName, words, lines: root.querySelectorAll('polyline').length };
    }, svg![1]);
    assert.equal(drawing.name, 'svg');
    assert.equal(drawing.lines, 2 * 3);
    for (const word of [
      'Loss',
      'Accuracy',
      'Validation',
      'Step',
      '★',
      'only learning by heart from here',
      '500',
      '80 %',
    ])
      assert.ok(drawing.words.includes(word), `${word} in ${drawing.words.join()}`);
    await press('e', 'Enter');
    await panel.page.waitForFunction('window.posted.length > 2');
    const [, png] = await files();
    const picture = await sharp(Buffer.from(String(png!['data']), 'base64')).metadata();
    const width = Number(/ width="([\d.]+)"/.exec(svg![1])![1]);
    assert.deepEqual([png!['format'], picture.format, picture.width], ['png', 'png', Math.round(2 * width)]);
    fs.writeFileSync(path.join(screenshots, 'charts-exported.png'), Buffer.from(String(png!['data']), 'base64'));
    await press('e', 'End', 'Enter', 'e', 'ArrowUp', 'ArrowUp', 'Enter');
    const [, , all, part] = (await files()).map(({ data }) => String(data).trim().split('\n'));
    assert.equal(all!.length, 1 + 720);
    assert.match(all![420]!, /^420,7,0\.910\d+,0\.70\d+,1,1\.37\d+,0\.84$/);
    const [from, to] = await shown();
    assert.deepEqual([part!.length, part![1]!.split(',')[0]], [1 + to - from + 1, String(from)]);
    await press('e', 'Escape');
    assert.ok(await panel.page.locator('.menu').isHidden());
  });

  it('name where only its own pictures are learned by heart, and look well in all themes and narrow', async () => {
    const label = await panel.page.locator('canvas').first().getAttribute('aria-label');
    assert.match(label!, /every layer from 121 on, only learning by heart from here \(420\)$/);
    for (const [theme, width] of [
      ['dark', 1000],
      ['light', 1000],
      ['high-contrast', 1000],
      ['high-contrast-light', 1000],
      ['dark', 280],
    ] as const) {
      await panel.page.setViewportSize({ width, height: 1000 });
      await panel.theme(theme);
      await loss.hover();
      await panel.page
        .locator('.runCharts')
        .screenshot({ path: path.join(screenshots, `charts-${theme}-${width}.png`) });
    }
    const tools = (await panel.page.locator('.chartTools').boundingBox())!;
    assert.ok(tools.x >= 0 && tools.x + tools.width <= 280 && tools.height > 40, 'the toolbar wraps');
  });
});
