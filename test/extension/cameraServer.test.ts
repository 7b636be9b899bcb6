import assert from 'node:assert/strict';
import http from 'node:http';
import type { CameraCorrection } from '../../src/extension/panels/cameraAnswer.js';
import { CameraServer, type CameraListener } from '../../src/extension/panels/cameraServer.js';
import { cameraAt } from './cameraBrowser.js';

describe('CameraServer', () => {
  let server: CameraServer | undefined;
  afterEach(() => server?.close());

  async function start(listener: Partial<CameraListener> = {}): Promise<CameraServer> {
    server = await CameraServer.start({ onPicture: () => Promise.resolve(undefined), ...listener });
    return server;
  }

  /** With headers that `fetch` does not let anybody choose. @returns the status */
  function ask(address: string, method: string, headers: Record<string, string>, body = ''): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = http.request(address, { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      request.once('error', reject);
      request.end(body);
    });
  }

  it('gives its page and takes pictures from who knows the address, and from nobody else', async () => {
    const seen: string[] = [];
    const { url } = await start({
      onPicture: (jpeg) => {
        seen.push(Buffer.from(jpeg).toString());
        return Promise.resolve({ title: 'Åsa', detail: '0.71 alike' });
      },
    });
    assert.equal(new URL(url).hostname, '127.0.0.1');
    const camera = await cameraAt(url);
    assert.equal(camera.page.status, 200);
    assert.match(await camera.page.text(), /getUserMedia/);
    assert.deepEqual(await (await camera.post('/picture', 'a picture')).json(), { title: 'Åsa', detail: '0.71 alike' });
    const { origin, pathname } = new URL(url);
    for (const [place, method] of [
      ['/', 'GET'],
      ['/picture', 'POST'],
      ['/wrong-secret/picture', 'POST'],
      [`${pathname}/correction`, 'POST'],
      [pathname, 'POST'],
    ] as const)
      assert.equal(
        (method === 'POST' ? await camera.post(`/../..${place}`, 'x') : await fetch(origin + place)).status,
        404,
        `${method} ${place}`,
      );
    assert.deepEqual(seen, ['a picture']);
    server!.close();
    await assert.rejects(fetch(url));
  });

  it('lets run and style its own page alone, anew with every loading', async () => {
    const { url } = await start();
    const first = await cameraAt(url);
    const policy = first.page.headers.get('content-security-policy')!;
    const [, nonce] = /script-src 'nonce-([\w+/=]{24})'/.exec(policy)!;
    assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/);
    for (const directive of ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(directive), directive);
    const html = await first.page.text();
    assert.deepEqual(html.match(/<(?:script|style)[^>]*>/g), [`<style nonce="${nonce}">`, `<script nonce="${nonce}">`]);
    assert.doesNotMatch(html, / style=| on\w+=/);
    const again = await fetch(url, { headers: { cookie: first.page.headers.getSetCookie()[0]!.split(';')[0]! } });
    assert.equal(again.status, 200, 'the same browser may load it again');
    assert.ok(!again.headers.get('content-security-policy')!.includes(nonce!));
  });

  it('has one client: who reads the address in a list of processes comes too late', async () => {
    const seen: string[] = [];
    const { url } = await start({
      onPicture: (jpeg) => {
        seen.push(Buffer.from(jpeg).toString());
        return Promise.resolve(undefined);
      },
    });
    const camera = await cameraAt(url);
    assert.match(camera.page.headers.getSetCookie()[0]!, /; Path=\/[\w-]{24}; HttpOnly; SameSite=Strict$/);
    const other = await cameraAt(url);
    assert.equal(other.page.status, 403);
    assert.match(await other.page.text(), /open in another browser/);
    assert.equal((await other.post('/picture', 'a stranger')).status, 403);
    assert.equal((await camera.post('/picture', 'mine')).status, 200);
    assert.deepEqual(seen, ['mine']);
  });

  it('answers to the name of this machine and to its own page alone', async () => {
    const { url } = await start();
    const { host, origin, port } = new URL(url);
    for (const foreign of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, 'a b'])
      assert.ok([400, 421].includes(await ask(url, 'GET', { host: foreign })), foreign);
    const camera = await cameraAt(url); // none of those was the first
    const cookie = camera.page.headers.getSetCookie()[0]!.split(';')[0]!;
    const post = (headers: Record<string, string>) => ask(`${url}/picture`, 'POST', { host, cookie, ...headers }, 'x');
    assert.equal(await post({ origin }), 200);
    for (const foreign of ['https://evil.example', 'null', 'file://', `https://127.0.0.1:${port}`])
      assert.equal(await post({ origin: foreign }), 421, foreign);
    assert.equal(await post({}), 403, 'no browser posts without an origin');
    assert.equal(await post({ origin, cookie: 'camera=guessed' }), 403);
  });

  it('is reached where the editor makes it appear on another machine', async () => {
    const { url } = await start();
    const { port, pathname } = new URL(url);
    server!.expect(`https://me-${port}.tunnels.example/proxy${pathname}`);
    const host = `me-${port}.tunnels.example`;
    assert.equal(await ask(url, 'GET', { host }), 200);
    const camera = await fetch(url);
    assert.equal(camera.status, 403, 'the browser there was the first');
    assert.equal(await ask(url, 'GET', { host: `other-${port}.tunnels.example` }), 421);
  });

  it('looks at two pictures at once and at no more', async () => {
    const answers: (() => void)[] = [];
    const { url } = await start({
      onPicture: () => new Promise((resolve) => answers.push(() => resolve({ title: 'Åsa', detail: '' }))),
    });
    const camera = await cameraAt(url);
    const held = [camera.post('/picture', '1'), camera.post('/picture', '2')];
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const more = await Promise.all(['3', '4', '5'].map((body) => camera.post('/picture', body)));
    assert.deepEqual(
      more.map(({ status }) => status),
      [429, 429, 429],
    );
    answers.forEach((answer) => answer());
    for (const one of held) assert.equal((await one).status, 200);
    const next = camera.post('/picture', '6');
    while (answers.length < 3) await new Promise((resolve) => setImmediate(resolve));
    answers[2]!();
    assert.equal((await next).status, 200, 'there is room again');
  });

  it('says so in a whole sentence when nobody answers', async () => {
    const camera = await cameraAt((await start()).url);
    const { title } = (await (await camera.post('/picture', 'x')).json()) as { title: string };
    assert.equal(title, 'The picture could not be looked at: see the editor.');
  });

  it('takes what is said of an answer, and nothing else in its place', async () => {
    const said: CameraCorrection[] = [];
    const { url } = await start({
      onCorrection: (correction) => {
        said.push(correction);
        return Promise.resolve({ title: 'Bo', detail: '' });
      },
    });
    const camera = await cameraAt(url);
    const post = (body: string) => camera.post('/correction', body);
    for (const correction of [
      { kind: 'notThisPerson', id: 3 },
      { kind: 'thisIs', id: 3, person: ' Bo ' },
    ])
      assert.deepEqual(await (await post(JSON.stringify(correction))).json(), { title: 'Bo', detail: '' });
    assert.deepEqual(said, [
      { kind: 'notThisPerson', id: 3 },
      { kind: 'thisIs', id: 3, person: 'Bo' },
    ]);
    for (const nonsense of [
      '',
      '{',
      '{"kind":"thisIs","id":3}',
      '{"kind":"undo"}',
      '{"kind":"thisIs","id":3,"person":" "}',
    ])
      assert.equal((await post(nonsense)).status, 500, nonsense);
    assert.equal(said.length, 2);
  });

  it('takes no picture of more than 32 MiB, and no correction of more than 4 kB', async () => {
    const camera = await cameraAt((await start({ onCorrection: () => Promise.resolve(undefined) })).url);
    // The answer may come before all of it was sent, which some clients take for a broken connection.
    const status = (sent: Promise<Response>) =>
      sent.then(
        (response) => response.status,
        () => 413,
      );
    assert.equal(await status(camera.post('/picture', new Uint8Array(40 * 2 ** 20))), 413);
    assert.equal(await status(camera.post('/correction', 'x'.repeat(10_000))), 413);
  });
});
