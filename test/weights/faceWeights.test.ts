import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  downloadedFaceWeights,
  downloadFaceWeights,
  faceWeightsIn,
  findFaceWeights,
  isAsPublished,
  keepFaceWeights,
  PUBLISHED_FILES,
} from '../../src/weights/faceWeights.js';
import { useEnvironment } from '../support/environment.js';
import { useFaceWeightsServer } from '../support/faceWeightsServer.js';
import { scratchFolder } from '../support/scratch.js';
import { sharedPaths, withShared } from '../support/shared.js';

const folder = scratchFolder();
const cache = () => path.join(folder(), 'cache');
const total = PUBLISHED_FILES.reduce((sum, { bytes }) => sum + bytes, 0);
const get = (options = {}) => downloadFaceWeights({ pauseMs: 1, ...options }, cache());

describe('downloadFaceWeights', () => {
  const server = useFaceWeightsServer();
  useEnvironment(() => ({ FACE_TRAINER_FACE_WEIGHTS_URL: server.url() }));

  it('keeps nothing that is not what was published', async () => {
    server.answer = () => ({ content: Buffer.from('<html>Please log in.</html>') });
    await assert.rejects(get(), { code: 'download-failed', message: /not the file that the Open Model Zoo published/ });
    assert.equal(findFaceWeights(undefined, cache()), undefined);
    const { face } = downloadedFaceWeights(cache());
    assert.deepEqual([fs.existsSync(face.xml), fs.existsSync(`${face.xml}.part`)], [false, false]);
  });

  withShared('from the publisher’s files', [sharedPaths.faceWeights], () => {
    it('brings six files from where the publisher keeps them, tells how far they all are, and does it once', async () => {
      const told: [bytes: number, total: number | undefined][] = [];
      const files = await get({ onProgress: (bytes: number, of?: number) => told.push([bytes, of]) });
      assert.equal(
        server.asked[0],
        '/zoo/face-reidentification-retail-0095/FP16/face-reidentification-retail-0095.xml',
      );
      assert.equal(server.asked.length, 6);
      assert.deepEqual(told.at(-1), [total, total]);
      assert.ok(told.every(([bytes, of], i) => of === total && bytes >= (told[i - 1]?.[0] ?? 0)));
      assert.deepEqual(findFaceWeights(undefined, cache()), files);
      assert.equal(fs.readdirSync(path.dirname(files.face.xml)).length, 6, 'nothing else is left');
      await get();
      assert.equal(server.asked.length, 6);
    });

    it('goes on where it was stopped, and mends what was damaged since', async () => {
      const stop = new AbortController();
      const stopped = get({
        signal: stop.signal,
        onProgress: (bytes: number) => bytes > 1_000_000 && stop.abort(new Error('cancelled')),
      });
      await assert.rejects(stopped);
      const { face } = downloadedFaceWeights(cache());
      const begun = fs.statSync(`${face.bin}.part`).size;
      assert.ok(begun > 0);
      assert.equal(findFaceWeights(undefined, cache()), undefined, 'a part of them is none');
      await get();
      assert.match(server.asked[2]!, new RegExp(`0095\\.bin bytes=${begun}-$`));
      const bytes = fs.readFileSync(face.bin);
      bytes[1000]! ^= 1;
      fs.writeFileSync(face.bin, bytes);
      assert.equal(findFaceWeights(undefined, cache()), undefined, 'damaged ones are none');
      const before = server.asked.length;
      await get();
      assert.ok(findFaceWeights(undefined, cache()));
      assert.equal(server.asked.length, before + 1);
    });

    it('goes on after a broken connection', async () => {
      let broken = 0;
      server.answer = (content, name) =>
        name.endsWith('0095.bin') && broken++ === 0 ? { content, breaksAfter: 100_000 } : { content };
      await get();
      assert.equal(server.asked.length, 7);
      assert.match(server.asked[2]!, /bytes=\d+-$/);
    });
  });
});

withShared('keepFaceWeights', [sharedPaths.faceWeights], () => {
  it('takes the published files of a folder into the cache, and leaves others where they are', () => {
    const shared = faceWeightsIn(sharedPaths.faceWeights);
    const other = { ...shared, landmarks: shared.detector };
    assert.equal(keepFaceWeights(other, cache()), false);
    assert.equal(findFaceWeights(undefined, cache()), undefined);
    assert.equal(keepFaceWeights(shared, cache()), true);
    const kept = findFaceWeights(undefined, cache())!;
    for (const file of PUBLISHED_FILES) assert.ok(isAsPublished(kept[file.role][file.kind], file));
  });
});
