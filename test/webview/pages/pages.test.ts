import assert from 'node:assert/strict';
import { checkContent, comparisonContent, recognizeContent, tryContent } from '../../support/panelContent.js';
import { browserOfSuite, openPanel, type PanelPage, type Script } from '../../support/panelPage.js';

const failures = async (panel: PanelPage) =>
  (await panel.posted()).filter(({ type }) => type === 'failed').map(({ message }) => String(message));

describe('the pages of panels', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();

  for (const script of ['webview.js', 'data.js', 'model.js', 'evaluate.js'] satisfies Script[])
    it(`tell the host whatever fails in ${script}, each failure once`, async () => {
      const panel = await openPanel(browser(), script);
      await panel.page.evaluate(async () => {
        for (let i = 0; i < 3; i++) {
          void Promise.reject(new Error('nobody waits'));
          setTimeout(() => {
            throw new Error('nobody catches');
          });
        }
        await new Promise((resolve) => setTimeout(resolve)); // behind those above
      });
      await panel.send({ type: 'unheard of' }, 'a word', { type: 'unheard of' });
      const told = await failures(panel);
      for (const [count, what] of [
        [1, 'page: Error: nobody waits'],
        [1, 'page: Error: nobody catches'],
        [1, 'message: not understood: {"type":"unheard of"}'],
        [1, 'message: not understood: "a word"'],
      ] as const)
        assert.equal(told.filter((message) => message.startsWith(what)).length, count, `${what} in ${told.join('\n')}`);
      assert.equal(told.length, 4);
      await panel.close();
    });

  it('open a picture of a check or a comparison by mouse, Enter and Space', async () => {
    for (const [script, message, card] of [
      ['data.js', checkContent, '.thumbnail'],
      ['model.js', comparisonContent, '.difference'],
    ] as const) {
      const panel = await openPanel(browser(), script);
      await panel.send(message);
      const button = panel.page.locator(card).first();
      await button.click();
      for (const key of ['Enter', 'Space']) await button.press(key);
      const opened = (await panel.posted()).filter(({ type }) => type === 'open');
      assert.equal(opened.length, 3, card);
      for (const { file } of opened) assert.match(String(file), /^Maria.*\.jpeg$/);
      await panel.close();
    }
  });

  it('give tiles as names with their numbers', async () => {
    const panel = await openPanel(browser(), 'model.js');
    await panel.send(comparisonContent);
    assert.deepEqual(await panel.page.locator('dl.tiles > div > dt').allTextContents(), [
      'Accuracy of int8',
      'Same answer',
      'Size',
      'Speed',
    ]);
    assert.equal(await panel.page.locator('dl.tiles > div > dd.value').first().textContent(), '91.5 %');
    await panel.close();
  });

  it('keep the card of a tried picture while it is in the list, and no longer', async () => {
    const panel = await openPanel(browser(), 'model.js');
    await panel.send(tryContent(2, 1));
    await panel.page.locator('.answer').evaluateAll((cards) => cards.forEach((card) => card.classList.add('seen')));
    await panel.send(tryContent(3, 2));
    assert.deepEqual(
      await panel.page.locator('.answer').evaluateAll((cards) => cards.map((card) => card.classList.contains('seen'))),
      [false, true],
    );
    // A number that comes again after its picture has left is another picture.
    await panel.send(tryContent(3, 1));
    assert.equal(await panel.page.locator('.answer.seen').count(), 0);
    await panel.close();
  });

  it('offer a closed set where a network can answer either way, and keep the focus on the box', async () => {
    const panel = await openPanel(browser(), 'model.js');
    const box = panel.page.getByLabel('Every picture is one of these people');
    await panel.send(recognizeContent);
    assert.ok(await box.isHidden(), 'a recognizer has no scores');
    await panel.send({ ...recognizeContent, closedSet: false });
    await box.focus();
    await panel.page.keyboard.press('Space');
    assert.deepEqual((await panel.posted()).at(-1), { type: 'closedSet', on: true });
    await panel.send({ ...tryContent(1), closedSet: true });
    assert.ok(await box.isChecked());
    assert.ok(await box.evaluate((one) => one === document.activeElement));
    await panel.page.keyboard.press('Space');
    assert.deepEqual((await panel.posted()).at(-1), { type: 'closedSet', on: false });
    await panel.send(tryContent(1));
    assert.ok(await box.isHidden(), 'a file with scores has nothing else');
    assert.deepEqual(panel.errors, []);
    await panel.close();
  });

  it('send a pasted picture, and say that there is none', async () => {
    const panel = await openPanel(browser(), 'model.js');
    await panel.send(tryContent());
    await panel.page.evaluate(() => {
      for (const files of [[new File(['abc'], 'a.png', { type: 'image/png' })], []]) {
        const clipboardData = new DataTransfer();
        for (const file of files) clipboardData.items.add(file);
        window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
      }
    });
    await panel.page.getByText('There is no picture in the clipboard.').waitFor();
    await panel.page.waitForFunction(
      () => 'posted' in window && Array.isArray(window.posted) && window.posted.length > 1,
    );
    assert.deepEqual((await panel.posted()).at(-1), { type: 'picture', name: 'a.png', data: 'YWJj' });
    await panel.close();
  });
});
