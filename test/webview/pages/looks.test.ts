import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { evaluationContent } from '../../support/evaluationContent.js';
import {
  checkContent,
  comparisonContent,
  recognizeContent,
  samplesContent,
  tryContent,
} from '../../support/panelContent.js';
import {
  browserOfSuite,
  openPanel,
  screenshots,
  type PanelPage,
  type Script,
  type ThemeName,
} from '../../support/panelPage.js';
import { beginning, checkpoint, epoch, recordedRun, snapshot, step } from '../../support/runEvents.js';

const THEMES: readonly ThemeName[] = ['dark', 'light', 'high-contrast', 'high-contrast-light'];
const ENDED = { alive: false, stopping: false, ownedHere: false };

const running = snapshot([
  ...beginning({ keepCheckpoints: 2 }),
  ...Array.from({ length: 120 }, (_, i) => i + 1).flatMap((n) =>
    n % 10 === 0 ? [step(n), epoch(n / 10), checkpoint(n / 10, { best: true })] : [step(n)],
  ),
  {
    type: 'warning',
    code: 'x',
    message: `In /pictures/${'long_'.repeat(20)}folder one is small.`,
    advice: 'Look at it.',
  },
]);

/** Every page, as it is in use. */
const PAGES: readonly (readonly [name: string, script: Script, message: unknown])[] = [
  ['run', 'webview.js', running],
  [
    'int8',
    'webview.js',
    snapshot(recordedRun('int8'), {
      parent: { checkpoint: 'checkpoints/epoch-0001', step: 3, epoch: 1, events: recordedRun('float') },
      liveness: ENDED,
      hasReport: true,
    }),
  ],
  ['check', 'data.js', checkContent],
  ['samples', 'data.js', samplesContent],
  ['comparison', 'model.js', comparisonContent],
  ['try', 'model.js', tryContent(3, 2, 1)],
  ['recognize', 'model.js', recognizeContent],
  ['evaluation', 'evaluate.js', evaluationContent()],
  ['evaluating', 'evaluate.js', { type: 'evaluating', title: 'people', done: 12, total: 3705 }],
];

describe('every panel', function () {
  this.timeout(120_000);
  const browser = browserOfSuite();
  before(() => fs.mkdirSync(screenshots, { recursive: true }));

  for (const [name, script, message] of PAGES)
    it(`keeps ${name} on a page of 280 pixels, and of 1000`, async () => {
      for (const width of [280, 1000]) {
        const panel = await openPanel(browser(), script, { width });
        await panel.send(message);
        const file = path.join(screenshots, `page-${name}-${width}.png`);
        await panel.page.screenshot({ path: file, fullPage: true });
        assert.deepEqual(await panel.page.evaluate(whatLeavesThePage), [], `${name} at ${width} pixels`);
        assert.deepEqual(panel.errors, []);
        await panel.close();
      }
    });

  it('puts two tiles in a row of a narrow page', async () => {
    const panel = await openPanel(browser(), 'webview.js', { width: 280 });
    await panel.send(running);
    const tops = await panel.page
      .locator('.tile')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().y));
    assert.equal(tops.length, 5);
    assert.equal(new Set(tops).size, 3, tops.join(' '));
    await panel.close();
  });

  it('writes badges that can be read in four themes', async () => {
    const phases = {
      completed: { type: 'finished', reason: 'completed', epochs: 1, steps: 1, elapsedSeconds: 1 },
      failed: { type: 'failure', code: 'x', message: 'It failed.', advice: 'Try again.' },
      interrupted: undefined,
    };
    for (const [phase, end] of Object.entries(phases)) {
      const panel = await openPanel(browser(), 'webview.js');
      await panel.send(snapshot([...beginning(), step(1)], { liveness: ENDED }));
      if (end) await panel.send({ type: 'events', events: [end] });
      assert.equal(await panel.page.locator('.badge').getAttribute('data-phase'), phase);
      await assertLegible(panel, '.badge');
      await panel.close();
    }
    const check = await openPanel(browser(), 'data.js');
    await check.send(checkContent);
    assert.equal(await check.page.locator('.badge').count(), 3);
    await assertLegible(check, '.badge');
    await check.close();
  });

  async function assertLegible(panel: PanelPage, selector: string) {
    for (const name of THEMES) {
      await panel.theme(name);
      for (const [text, background, word] of await panel.page.locator(selector).evaluateAll(coloursOf)) {
        const ratio = contrast(text!, background!);
        assert.ok(ratio >= 4.5, `${word} in ${name}: ${text} on ${background} is ${ratio.toFixed(2)} to 1`);
      }
    }
  }
});

/**
 * Runs in the page: elements that stick out of the window, but for what scrolls in a box of its own. Text that ends in "…" is
 * meant to be cut off.
 */
function whatLeavesThePage(): string[] {
  const scrolls = (element: Element) => /auto|scroll|hidden/.test(getComputedStyle(element).overflowX);
  const out: string[] = [];
  const look = (element: Element) => {
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 0 && (left < -0.5 || right > innerWidth + 0.5))
      out.push(`${element.tagName}.${element.className}: ${left} to ${right}`);
    if (!scrolls(element))
      for (const child of [...element.children, ...(element.shadowRoot?.children ?? [])]) look(child);
  };
  look(document.body);
  if (document.documentElement.scrollWidth > innerWidth)
    out.push(`the page is ${document.documentElement.scrollWidth} wide`);
  return out;
}

/** Runs in the page: colour of the text, of what is behind it, and the text. */
function coloursOf(elements: Element[]): string[][] {
  return elements.map((element) => {
    let behind: Element | null = element;
    while (behind && /^rgba\(.*, 0\)$|transparent/.test(getComputedStyle(behind).backgroundColor))
      behind = behind.parentElement;
    return [
      getComputedStyle(element).color,
      getComputedStyle(behind ?? document.body).backgroundColor,
      element.textContent,
    ];
  });
}

/** WCAG 2.2, contrast ratio: (L1 + 0.05) / (L2 + 0.05) of the relative luminances. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [r, g, b] = [...colour.matchAll(/[\d.]+/g)].slice(0, 3).map(([value]) => {
      const c = Number(value) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}
