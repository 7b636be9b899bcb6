// node --import tsx test/webview/redraw.ts: how long the panel of a run takes to draw one step more, in Chromium, by the length of the run. The budget is 8 ms at any
// length. Prints the milliseconds in which the whole run is read, its first frame, and the median and nine tenths of the frames
// of one step more, once the browser has compiled what it runs often.
import { openPanel } from '../support/panelPage.js';
import { beginning, snapshot, step } from '../support/runEvents.js';
import { launchBrowser } from '../support/workbench.js';

const WARM_UP = 50;
const FRAMES = 100;

/** Runs in the page; the steps are made there, as 1,000,000 of them take long to be sent. Timed: the page's own work for a frame. */
const MEASURE = `async ({ whole, one, length, warmUp, frames }) => {
  const noisy = (n) => ({ ...one, step: n, epoch: Math.ceil(n / 1000), loss: 3 / (1 + n / 500) + Math.random(), accuracy: Math.random() });
  const send = (data) => window.dispatchEvent(new MessageEvent('message', { data }));
  const drawn = [];
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => request((time) => {
    const begin = performance.now();
    callback(time);
    drawn.push(performance.now() - begin);
  });
  const frame = () => new Promise((resolve) => request(() => request(resolve)));
  for (let n = 1; n <= length; n++) whole.events.push(noisy(n));
  const begin = performance.now();
  send(whole);
  const read = performance.now() - begin;
  await frame();
  const first = drawn.reduce((a, b) => a + b, 0);
  drawn.length = 0;
  for (let i = 1; i <= warmUp + frames; i++) {
    if (i === warmUp + 1) drawn.length = 0;
    send({ type: 'events', events: [noisy(length + i)] });
    await frame();
  }
  drawn.sort((a, b) => a - b);
  return { read, first, median: drawn[drawn.length >> 1], nineTenths: drawn[Math.floor(0.9 * drawn.length)] };
}`;

async function main(): Promise<void> {
  const browser = await launchBrowser();
  for (const length of [2_000, 100_000, 1_000_000]) {
    const panel = await openPanel(browser, 'webview.js', { width: 1200 });
    const argument = {
      whole: snapshot(beginning({ epochs: 2000 })),
      one: step(1),
      length,
      warmUp: WARM_UP,
      frames: FRAMES,
    };
    const times: Record<string, number> = await panel.page.evaluate(`(${MEASURE})(${JSON.stringify(argument)})`);
    const text = Object.entries(times).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`);
    console.log(`${length.toLocaleString('en-US').padStart(9)} steps: ${text.join(', ')}`);
    await panel.close();
  }
  await browser.close();
}

void main();
