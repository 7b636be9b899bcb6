import assert from 'node:assert/strict';
import { CameraServer } from '../../src/extension/panels/cameraServer.js';

describe('CameraServer', () => {
  it('gives its page and takes pictures from who knows the address, and from nobody else', async () => {
    const seen: string[] = [];
    const server = await CameraServer.start((jpeg) => {
      seen.push(Buffer.from(jpeg).toString());
      return Promise.resolve({ title: 'Åsa', detail: '0.71 alike' });
    });
    try {
      const page = await fetch(server.url);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /getUserMedia/);
      assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
      const answer = await fetch(`${server.url}/picture`, { method: 'POST', body: 'a picture' });
      assert.deepEqual(await answer.json(), { title: 'Åsa', detail: '0.71 alike' });
      const { origin } = new URL(server.url);
      for (const [place, method] of [
        ['/', 'GET'],
        ['/picture', 'POST'],
        ['/wrong-secret/picture', 'POST'],
        [new URL(server.url).pathname, 'POST'],
      ] as const)
        assert.equal(
          (await fetch(origin + place, { method, ...(method === 'POST' && { body: 'x' }) })).status,
          404,
          `${method} ${place}`,
        );
      assert.deepEqual(seen, ['a picture']);
      const large = await fetch(`${server.url}/picture`, { method: 'POST', body: new Uint8Array(40 * 2 ** 20) }).then(
        ({ status }) => status,
        () => 413,
      );
      assert.equal(large, 413);
    } finally {
      server.close();
    }
    await assert.rejects(fetch(server.url));
  });

  it('says so in a whole sentence when nobody answers', async () => {
    const server = await CameraServer.start(() => Promise.resolve(undefined));
    const answer = await fetch(`${server.url}/picture`, { method: 'POST', body: 'x' });
    const { title } = (await answer.json()) as { title: string };
    assert.equal(title, 'The picture could not be looked at: see the editor.');
    server.close();
  });
});
