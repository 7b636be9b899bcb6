import assert from 'node:assert/strict';
import path from 'node:path';
import { rateContent } from '../../support/panelContent.js';
import { browserOfSuite, openPanel, screenshots } from '../../support/panelPage.js';

describe('the page of a learning rate', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();

  it('shows the curve and says what is proposed and why; its button trains with that', async () => {
    const panel = await openPanel(browser(), 'data.js');
    await panel.send(rateContent);
    assert.equal(await panel.page.locator('#proposal').textContent(), 'Proposed learning rate: 0.00081');
    const why = await panel.page.locator('p.hint').allTextContents();
    assert.match(why.join(' '), /falls fastest at 0\.00081, and is lowest at 0\.03\. Above 0\.25 the loss ran away/);
    assert.match((await panel.page.locator('canvas').getAttribute('aria-label'))!, /from 0\.000001 to 0\.25/);
    await panel.page.locator('canvas').screenshot({ path: path.join(screenshots, 'learning-rate-curve.png') });
    await panel.page.screenshot({ path: path.join(screenshots, 'learning-rate.png') });
    await panel.page.locator('#train').click();
    assert.deepEqual((await panel.posted()).at(-1), { type: 'train', learningRate: 8.1e-4 });
    assert.deepEqual(panel.errors, []);
    await panel.close();
  });

  it('trains as it is where nothing is proposed', async () => {
    const panel = await openPanel(browser(), 'data.js');
    await panel.send({ ...rateContent, search: { ...rateContent.search, proposal: undefined } });
    assert.match((await panel.page.locator('#proposal').textContent())!, /^No learning rate is proposed/);
    await panel.page.locator('#train').click();
    assert.deepEqual((await panel.posted()).at(-1), { type: 'train' });
    await panel.close();
  });
});
