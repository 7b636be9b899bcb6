import assert from 'node:assert/strict';
import { browserOfSuite, openPanel } from '../../support/panelPage.js';
import { beginning, checkpoint, epoch, snapshot, step } from '../../support/runEvents.js';

describe('the panel of a run', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();

  it('draws every step, line and checkpoint while the mouse is over its charts', async () => {
    const panel = await openPanel(browser(), 'webview.js');
    await panel.send(snapshot([...beginning({ keepCheckpoints: 3 }), step(1), step(2)]));
    const canvas = panel.page.locator('canvas').first();
    const box = (await canvas.boundingBox())!;
    const shadows: number[] = [];
    for (let n = 3; n <= 40; n++) {
      await panel.page.mouse.move(box.x + 60 + 8 * n, box.y + 100 + (n % 7));
      const events = [step(n), ...(n % 10 === 0 ? [epoch(n / 10), checkpoint(n / 10)] : [])];
      await panel.send({ type: 'events', events });
      shadows.push(await panel.page.evaluate(pixelsOfTooltip));
    }
    assert.deepEqual(panel.errors, []);
    assert.deepEqual(
      (await panel.posted()).map(({ type }) => type),
      ['ready'],
    );
    assert.equal(await canvas.getAttribute('data-points'), String(40 + 4));
    assert.equal(await panel.page.locator('vscode-data-grid-row[data-epoch]').count(), 4);
    assert.equal(await panel.page.locator('.checkpoints li').count(), 3, 'the newest three are kept');
    assert.ok(Math.max(...shadows) > 500, `a tooltip was drawn: ${shadows.join(' ')}`);
    await panel.close();
  });
});

/** Runs in the page: pixels of the first chart in the colour of a tooltip's background, #202020. */
function pixelsOfTooltip(): number {
  const canvas = document.querySelector('canvas')!;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i] === 0x20 && data[i + 1] === 0x20 && data[i + 2] === 0x20 && data[i + 3] === 0xff) count++;
  return count;
}
