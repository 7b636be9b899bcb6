import assert from 'node:assert/strict';
import * as z from 'zod';
import { PageHost, type Page } from '../../src/extension/panels/pageHost.js';
import { foreignHtml, pageHtml } from '../../src/extension/panels/pageHtml.js';
import { FakeEditor, FakePanel, settled } from './fakeEditor.js';

type In = { type: 'add'; by: number } | { type: 'break' };

class Counter implements Page<In, { count: number }> {
  readonly script = 'data.js';
  readonly saved = { counter: 'one' };
  readonly messages = z.discriminatedUnion('type', [
    z.object({ type: z.literal('ready') }),
    z.object({ type: z.literal('failed'), message: z.string() }),
    z.object({ type: z.literal('add'), by: z.number() }),
    z.object({ type: z.literal('break') }),
  ]);
  count = 0;
  ended = 0;

  snapshot(): { count: number } {
    return { count: this.count };
  }
  receive(message: In): void | Promise<void> {
    if (message.type === 'break') return Promise.reject(new Error('it broke'));
    this.count += message.by;
  }
  closed(): void {
    this.ended++;
  }
}

describe('PageHost', () => {
  function open(): { editor: FakeEditor; panel: FakePanel; page: Counter; host: PageHost<In, { count: number }> } {
    const editor = new FakeEditor();
    const panel = new FakePanel('view', 'Counter', true);
    const page = new Counter();
    return { editor, panel, page, host: new PageHost<In, { count: number }>(editor, panel, page) };
  }

  it('loads the document with what brings it back, and posts nothing before it is ready', () => {
    const { panel, host } = open();
    assert.deepEqual([panel.script, panel.saved], ['data.js', { counter: 'one' }]);
    host.post({ count: 7 });
    assert.deepEqual(panel.posted, []);
    panel.say({ type: 'ready' });
    assert.deepEqual(panel.posted, [{ count: 0 }]);
  });

  it('gives a document that has loaded again a snapshot of now', () => {
    const { panel } = open();
    panel.say({ type: 'ready' });
    panel.say({ type: 'add', by: 3 });
    panel.say({ type: 'ready' });
    assert.deepEqual(panel.posted, [{ count: 0 }, { count: 3 }]);
  });

  it('logs a message that it does not understand, and what the page says went wrong, and acts on neither', () => {
    const { editor, panel, page } = open();
    for (const bad of [{ type: 'add', by: 'three' }, 'add', null, { type: 'erase' }]) panel.say(bad);
    panel.say({ type: 'failed', message: 'no canvas' });
    assert.equal(page.count, 0);
    assert.equal(editor.logged.filter((line) => line.startsWith('error page message not understood')).length, 4);
    assert.equal(editor.logged.at(-1), 'error page: no canvas');
  });

  it('tells the user and the log when the answer to a message fails', async () => {
    const { editor, panel } = open();
    panel.say({ type: 'break' });
    await settled();
    assert.deepEqual(
      editor.said.map(({ severity, message }) => [severity, message]),
      [['error', 'Face Trainer: it broke']],
    );
    assert.deepEqual(editor.logged, ['error Error: it broke']);
  });

  it('ends its page once, and posts no more', () => {
    const { panel, page, host } = open();
    panel.say({ type: 'ready' });
    panel.close();
    host.post({ count: 9 });
    assert.equal(page.ended, 1);
    assert.deepEqual(panel.posted, [{ count: 0 }]);
  });
});

describe('the documents of panels', () => {
  const parts = { script: 'https://x/s.js', style: 'https://x/s.css', styleSource: 'https://x', nonce: 'abc' };

  it('lets run what has the nonce alone, and load nothing from elsewhere', () => {
    const html = pageHtml({ ...parts, saved: {} });
    assert.match(
      html,
      /default-src 'none'; script-src 'nonce-abc'; style-src https:\/\/x; img-src data:; base-uri 'none'; form-action 'none'"/,
    );
    assert.equal(html.match(/<script/g)?.length, html.match(/<script nonce="abc"/g)?.length);
  });

  it('keeps what brings a page back as data, whatever it says', () => {
    const saved = { runFolder: '</script><script>alert(1)</script><!--' };
    const html = pageHtml({ ...parts, saved });
    assert.equal(html.match(/<script/g)?.length, 2);
    assert.ok(!html.includes('<!--'));
    const [, state] = /editor\.getState\(\), \.\.\.(\{.*\}) \}\);/.exec(html) ?? [];
    assert.deepEqual(JSON.parse(state!), saved);
  });

  it('puts its own policy before anything that a foreign document says', () => {
    const hostile = '<!doctype html><head><base href="https://evil/"><img src="https://evil/x.png">';
    const html = foreignHtml(hostile);
    assert.ok(html.indexOf('Content-Security-Policy') < html.indexOf('<head>'));
    const [, policy] = /content="([^"]*)"/.exec(html)!;
    assert.match(policy!, /^default-src 'none'; /);
    assert.doesNotMatch(policy!, /https?:|script-src|\*/);
  });
});
