import type { CDPSession } from 'playwright-core';
import { openPanel, type PanelPage } from '../support/panelPage.js';
import { beginning, snapshot, step } from '../support/runEvents.js';
import { launchBrowser } from '../support/workbench.js';

/** What is done in a frame. */
const DONE = {
  'one step more': `i => send({ type: 'events', events: [noisy(length + i)] })`,
  'one step more, zoomed in': `i => send({ type: 'events', events: [noisy(length + 1000 + i)] })`,
  'smoothing dragged': `i => { range.value = String((i % 99) / 100); range.dispatchEvent(new Event('input')); }`,
  'moved sideways, zoomed in': `i => frame.dispatchEvent(new WheelEvent('wheel', { ctrlKey: true, deltaY: i % 2 ? 40 : -40, clientX: box.x + 200 }))`,
  nothing: '() => undefined',
  'read by the mouse': `i => frame.dispatchEvent(new PointerEvent('pointermove', { clientX: box.x + 60 + (7 * i) % 400 }))`,
} as const;
const WARM_UP = 50;
const FRAMES = 100;

/** Runs in the page: the steps are made there, as a million of them take long to be sent. */
const BEGIN = `({ whole, one, length }) => {
  window.length = length;
  window.noisy = (n) => ({ ...one, step: n, epoch: Math.ceil(n / 1000), loss: 3 / (1 + n / 500) + Math.random(), accuracy: Math.random() });
  window.send = (data) => window.dispatchEvent(new MessageEvent('message', { data }));
  window.range = document.querySelector('#smoothing');
  window.frame = document.querySelector('.canvas');
  window.nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  for (let n = 1; n <= length; n++) whole.events.push(noisy(n));
  send(whole);
  return nextFrame();
}`;

/** How long the panel of a run is at work for a frame, by the length of the run, in Chromium. The budget is 8 ms at any length. */
async function redraw(): Promise<void> {
  const browser = await launchBrowser();
  for (const length of [2_000, 100_000, 1_000_000]) {
    const panel = await openPanel(browser, 'webview.js', { width: 1200 });
    const devTools = await panel.page.context().newCDPSession(panel.page);
    // The thread's own time: other work on the machine does not count.
    await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const argument = { whole: snapshot(beginning({ epochs: 2000 })), one: step(1), length };
    await panel.page.evaluate(`(${BEGIN})(${JSON.stringify(argument)})`);
    const texts: string[] = [];
    for (const [name, action] of Object.entries(DONE)) {
      if (name.includes('zoomed')) await zoom(panel);
      texts.push(`${name} ${await milliseconds(panel, devTools, action)} ms`);
      if (name.includes('zoomed')) await panel.page.keyboard.press('0');
    }
    await devTools.send('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = (await devTools.send('Runtime.getHeapUsage')) as HeapUsage;
    texts.push(
      `heap ${((usedSize + backingStorageSize) / 2 ** 20).toFixed(0)} MiB, of it arrays ${(backingStorageSize / 2 ** 20).toFixed(0)}`,
    );
    console.log(`${length.toLocaleString('en-US').padStart(9)} steps: ${texts.join(', ')}`);
    await panel.close();
  }
  await browser.close();
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize: number;
}

async function zoom({ page }: PanelPage): Promise<void> {
  await page.locator('.canvas').first().focus();
  for (const key of ['End', '+', '+', '+', '+']) await page.keyboard.press(key);
}

/**
 * For a frame, once the browser has compiled what it runs often: of the page's code, and of its whole thread, with layout and painting
 * (by the processor here: there is no graphics card).
 */
async function milliseconds(panel: PanelPage, devTools: CDPSession, action: string): Promise<string> {
  const frames = (first: number, many: number) =>
    panel.page.evaluate(`(async () => {
      const box = frame.getBoundingClientRect();
      for (let i = ${first}; i < ${first + many}; i++) { (${action})(i); await nextFrame(); }
    })()`);
  const spent = async () => {
    const { metrics } = await devTools.send('Performance.getMetrics');
    return ['ScriptDuration', 'TaskDuration'].map((wanted) => metrics.find(({ name }) => name === wanted)!.value);
  };
  await frames(1, WARM_UP);
  const begin = await spent();
  await frames(1 + WARM_UP, FRAMES);
  const end = await spent();
  return end.map((seconds, i) => ((1000 * (seconds - begin[i]!)) / FRAMES).toFixed(1)).join(' of ');
}

void redraw();
