import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { reduceAll } from '../../../src/core/runState.js';
import { cameraPage } from '../../../src/extension/panels/cameraPage.js';
import { foreignHtml, pageHtml } from '../../../src/extension/panels/pageHtml.js';
import { writeContactSheet } from '../../../src/faces/contactSheet.js';
import { renderReport } from '../../../src/report/report.js';
import { browserOfSuite } from '../../support/panelPage.js';
import { SAMPLE_EVENTS } from '../../support/sampleEvents.js';
import { scratchFolder, writeNoisePicture } from '../../support/scratch.js';
import { newPage } from '../../support/workbench.js';

const root = path.resolve(import.meta.dirname, '../../..');

const PLACE = 'http://printed.test/';

/** What a name may be on a disk, and what a log of a stranger may say. */
const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '<script>document.title=1</script>',
  '"><svg onload=document.title=1>',
  "' style='background:url(https://evil.example/a)' onmouseover='document.title=1",
  '</style><style>@import "https://evil.example/b"</style>',
  '<link rel=stylesheet href=https://evil.example/c>',
];

/** Every text of a value replaced, but those that say what it is. */
function withNames<T>(value: T, name: string): T {
  const text = JSON.stringify(value, (key, part: unknown) =>
    typeof part === 'string' && ['detail', 'file', 'reason', 'message', 'advice', 'layer', 'dataset'].includes(key)
      ? `${part} ${name}`
      : part,
  );
  return JSON.parse(text) as T;
}

function hostileReport(name: string): string {
  const { finished, ...others } = SAMPLE_EVENTS;
  return renderReport(reduceAll([...Object.values(withNames(others, name)), finished]));
}

describe('every page', function () {
  this.timeout(60_000);
  const browser = browserOfSuite();
  const folder = scratchFolder();

  async function contactSheet(names: readonly string[]): Promise<string> {
    await writeNoisePicture(path.join(folder(), 'p.png'), 1);
    const entries = names.map((name) => ({
      ...{ file: name, bytes: 1, modifiedMs: 1, size: 112, crop: 'p.png', reasons: [name] },
      outcome: 'doubtful' as const,
    }));
    await writeContactSheet(path.join(folder(), 'sheet.html'), folder(), folder(), entries);
    return fs.readFileSync(path.join(folder(), 'sheet.html'), 'utf8');
  }

  /** Documents by the file of the source that makes them. */
  async function documents(): Promise<Record<string, string>> {
    const source = { script: 'https://x/s.js', style: 'https://x/s.css', styleSource: 'https://x', nonce: 'abc' };
    return {
      'src/extension/panels/pageHtml.ts': pageHtml({ ...source, saved: {} }),
      'src/extension/panels/cameraPage.ts': cameraPage('abc'),
      'src/report/report.ts': renderReport(reduceAll(Object.values(SAMPLE_EVENTS))),
      'src/faces/contactSheet.ts': await contactSheet(['a.jpg']),
    };
  }

  it('is one of four documents', async () => {
    const makers = fs
      .readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join('src', file))
      .filter((file) => /<!doctype html>/i.test(fs.readFileSync(path.join(root, file), 'utf8')))
      .map((file) => file.split(path.sep).join('/'));
    assert.deepEqual(makers.sort(), Object.keys(await documents()).sort());
  });

  it('has a policy that begins with nothing and allows nothing unsafe and nothing from elsewhere', async () => {
    const all = { ...(await documents()), foreign: foreignHtml('') };
    for (const [file, html] of Object.entries(all)) {
      // That of the camera's page stands in its header: test/extension/cameraServer.test.ts.
      if (file.endsWith('cameraPage.ts')) continue;
      const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)!;
      assert.match(policy!, /^default-src 'none'; /, file);
      assert.doesNotMatch(policy!, /unsafe|\*|https?:\/\/(?!x;)/, file);
      for (const directive of ["base-uri 'none'", "form-action 'none'"]) assert.ok(policy!.includes(directive), file);
      for (const [directive] of policy!.matchAll(/img-src[^;]*/g)) assert.equal(directive, 'img-src data:', file);
    }
  });

  it('names no file that lies outside of the extension', async () => {
    for (const [file, html] of Object.entries(await documents()))
      for (const [, address] of html.matchAll(/(?:src|href|srcset|poster|action|data)="([^"]*)"/g))
        assert.match(address!, /^(https:\/\/x\/|data:image\/)/, file);
  });

  /** @returns what a document got from anywhere, whether something in it ran, and how its text looks */
  async function shown(html: string): Promise<{ asked: string[]; ran: boolean; family: string }> {
    const page = await newPage(browser());
    const asked: string[] = [];
    // What a policy forbids does not come here.
    await page.route('**/*', (route) => {
      if (route.request().url() === PLACE) return route.fulfill({ contentType: 'text/html', body: html });
      asked.push(route.request().url());
      return route.fulfill({ body: '' });
    });
    await page.goto(PLACE);
    await page.evaluate(() =>
      document.querySelectorAll('*').forEach((one) => one.dispatchEvent(new Event('mouseover'))),
    );
    const ran = (await page.title()) === '1';
    const family = await page.evaluate(() => getComputedStyle(document.body).fontFamily);
    await page.context().close();
    return { asked, ran, family };
  }

  it('shows hostile names as text, in its own style, alone and in a panel', async () => {
    for (const name of HOSTILE)
      for (const html of [hostileReport(name), foreignHtml(hostileReport(name))])
        assert.deepEqual(await shown(html), { asked: [], ran: false, family: 'system-ui, sans-serif' }, name);
    const sheet = await contactSheet(HOSTILE);
    for (const html of [sheet, foreignHtml(sheet)])
      assert.deepEqual(await shown(html), { asked: [], ran: false, family: 'system-ui, sans-serif' });
  });

  it('runs and loads nothing of a report that a stranger wrote, and takes no style from it', async () => {
    const hostile = `<!doctype html><html><head><base href="https://evil.example/">
<meta http-equiv="Content-Security-Policy" content="default-src *; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>0</title><style>body { font-family: evil; background: url(https://evil.example/1) }</style>
<link rel="stylesheet" href="https://evil.example/2.css"><link rel="prefetch" href="https://evil.example/3">
<script>document.title = 1</script><script src="https://evil.example/4.js"></script></head>
<body style="font-family: evil" onload="document.title = 1"><img src="https://evil.example/5.png" onerror="document.title = 1">
<img src="relative.png"><iframe src="https://evil.example/6"></iframe><object data="https://evil.example/7"></object>
<video src="https://evil.example/8" poster="https://evil.example/9"></video><embed src="https://evil.example/10">
<form action="https://evil.example/11"><button>Go On</button></form><svg><image href="https://evil.example/12"/></svg></body></html>`;
    const tame = await shown(foreignHtml(hostile));
    assert.deepEqual([tame.asked, tame.ran], [[], false]);
    assert.doesNotMatch(tame.family, /evil/);
    // The same without our policy, so that the test is known to notice.
    const wild = await shown(hostile.replace(/<meta[^>]*>/, ''));
    assert.ok(wild.asked.length >= 10 && wild.ran && wild.family === 'evil', JSON.stringify(wild));
  });
});
