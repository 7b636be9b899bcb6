import assert from 'node:assert/strict';
import type { CameraCorrection } from '../../src/extension/panels/cameraAnswer.js';
import { CameraServer } from '../../src/extension/panels/cameraServer.js';

describe('CameraServer', () => {
  it('gives its page and takes pictures from who knows the address, and from nobody else', async () => {
    const seen: string[] = [];
    const server = await CameraServer.start({
      onPicture: (jpeg) => {
        seen.push(Buffer.from(jpeg).toString());
        return Promise.resolve({ title: 'Åsa', detail: '0.71 alike' });
      },
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
        [`${new URL(server.url).pathname}/correction`, 'POST'],
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
    const server = await CameraServer.start({ onPicture: () => Promise.resolve(undefined) });
    const answer = await fetch(`${server.url}/picture`, { method: 'POST', body: 'x' });
    const { title } = (await answer.json()) as { title: string };
    assert.equal(title, 'The picture could not be looked at: see the editor.');
    server.close();
  });

  it('takes what is said of an answer, and nothing else in its place', async () => {
    const said: CameraCorrection[] = [];
    const server = await CameraServer.start({
      onPicture: () => Promise.resolve(undefined),
      onCorrection: (correction) => {
        said.push(correction);
        return Promise.resolve({ title: 'Bo', detail: '' });
      },
    });
    const post = (body: string) => fetch(`${server.url}/correction`, { method: 'POST', body });
    try {
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
      const large = await post('x'.repeat(10_000)).then(
        ({ status }) => status,
        () => 413,
      );
      assert.equal(large, 413);
      assert.equal(said.length, 2);
    } finally {
      server.close();
    }
  });
});
