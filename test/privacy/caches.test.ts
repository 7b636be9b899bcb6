import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FaceCache } from '../../src/faces/faceCache.js';
import { removeGoneFaces, storedFaces } from '../../src/faces/faceCacheUpkeep.js';
import { temporaryFolder } from '../../src/platform/temporaryFolder.js';
import { removeGoneEmbeddings, storedEmbeddings } from '../../src/recognition/embeddingsUpkeep.js';
import { eraseKeptFaces, FolderFaces, keptFileNames } from '../../src/recognition/keptFaces.js';
import { KeptFeatures } from '../../src/training/keptFeatures.js';
import { fakeSight } from '../support/fakeSight.js';
import { direction } from '../support/syntheticFaces.js';
import { put, scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const at = (...names: string[]) => path.join(folder(), ...names);
const DAY = 86_400_000;
/** As if it was used last so many days ago. */
function age(file: string, days: number): void {
  const then = (Date.now() - days * DAY) / 1000;
  fs.utimesSync(file, then, then);
}

describe('the cache of faces', () => {
  const SIZE = 8;
  const stamp = (file: string) => ({ file, bytes: 1, modifiedMs: 1 });
  const kept = () => [...storedFaces(at('faces'))];

  async function keep(...files: string[]): Promise<FaceCache> {
    const cache = new FaceCache(at('faces'), 'finder', SIZE, 1e9);
    const quality = { pixels: 100, blur: 0, pose: 0 };
    const crop = new Uint8Array(SIZE * SIZE * 3).fill(7);
    const points: [[number, number], [number, number], [number, number], [number, number], [number, number]] = [
      [1, 1],
      [2, 1],
      [1, 2],
      [1, 3],
      [2, 3],
    ];
    const face = { box: { left: 0, top: 0, width: 4, height: 4 }, score: 1, points };
    for (const file of files) await cache.keep(stamp(file), [{ face, quality, crop }]);
    return cache;
  }

  it('says of each picture which it is, also without reading its crops', async () => {
    await keep('/a/1.jpg', '/b/2.jpg');
    assert.deepEqual(
      kept()
        .map(({ file, faces }) => [file, faces])
        .sort(),
      [
        ['/a/1.jpg', 1],
        ['/b/2.jpg', 1],
      ],
    );
    fs.writeFileSync(kept()[0]!.path, 'damaged');
    assert.equal(kept().filter(({ file }) => file === undefined).length, 1);
    assert.deepEqual([...storedFaces(at('nowhere'))], []);
  });

  it('loses faces of pictures that are gone for good, and at once those of pasted ones', async () => {
    const pasted = path.join(temporaryFolder('try'), '1.jpg');
    const files = [put(at('data', 'there.jpg')), at('data', 'gone.jpg'), at('stick', 'away.jpg'), put(pasted)];
    await keep(...files);
    for (const one of kept()) age(one.path, 2);
    removeGoneFaces(at('faces'));
    const left = () =>
      kept()
        .map(({ file }) => path.basename(file!))
        .sort();
    assert.deepEqual(left(), ['1.jpg', 'away.jpg', 'there.jpg']);
    fs.rmSync(path.dirname(pasted), { recursive: true });
    removeGoneFaces(at('faces'));
    assert.deepEqual(left(), ['away.jpg', 'there.jpg']);
    // By itself, once a day at most.
    for (const one of kept()) age(one.path, 40);
    const cache = await keep(at('data', 'there.jpg'));
    cache.close();
    assert.deepEqual(left(), ['there.jpg']);
  });
});

describe('the cache of vectors', () => {
  const cache = () => at('embeddings');
  const stamp = { bytes: 1, modifiedMs: 1 };

  function keep(dataset: string, files: readonly string[]): string {
    const kept = FolderFaces.open(cache(), dataset, fakeSight());
    files.forEach((file, i) => kept.keep({ file, ...stamp, faces: [{ embedding: direction(i) }] }));
    kept.save();
    return storedEmbeddings(cache()).find((one) => one.dataset === dataset)!.path;
  }

  it('says of which folder its vectors are, and goes with it', async () => {
    fs.mkdirSync(at('data'));
    const gone = keep(at('gone'), ['/gone/a.jpg']);
    const there = keep(at('data'), ['/data/a.jpg']);
    const network = { features: () => Promise.resolve(Float32Array.of(1, 2)) };
    const views = new KeptFeatures(network, cache(), ['identity'], at('data'));
    await views.features({ images: new Uint8Array(12), labels: new Int32Array(1) });
    views.save();
    const told = storedEmbeddings(cache()).map(({ dataset, byPicture }) => [path.basename(dataset!), byPicture]);
    assert.deepEqual(told.sort(), [
      ['data', false],
      ['data', true],
      ['gone', true],
    ]);
    for (const { path: file } of storedEmbeddings(cache())) age(file, 2);
    put(at('embeddings', 'damaged.safetensors'));
    removeGoneEmbeddings(cache());
    assert.deepEqual([fs.existsSync(gone), fs.existsSync(there)], [false, true]);
    assert.equal(fs.readdirSync(cache()).length, 3);
  });

  it('loses the vectors of some pictures, and answers for the others as before', () => {
    const files = ['/data/Anna/1.jpg', '/data/Bo/1.jpg', '/data/Anna/2.jpg', '/data/Cy/1.jpg'];
    const file = keep('/data', files);
    const erased: [string, Float32Array][] = [];
    const stays = (picture: string) => !picture.includes('Anna');
    assert.equal(
      eraseKeptFaces(file, stays, (row, picture) => erased.push([picture, row.slice()])),
      2,
    );
    assert.deepEqual(erased, [
      [files[0], direction(0)],
      [files[2], direction(2)],
    ]);
    assert.deepEqual(keptFileNames(file), [files[1], files[3]]);
    const kept = FolderFaces.open(cache(), '/data', fakeSight());
    for (const [i, name] of files.entries())
      assert.deepEqual(kept.find(name, 1, 1)?.[0]?.embedding, stays(name) ? direction(i) : undefined, name);
    const bytes = fs.readFileSync(file);
    assert.ok(!bytes.includes('Anna') && !bytes.includes(Buffer.from(direction(0).buffer)));
    assert.equal(eraseKeptFaces(file, stays), 0);
  });
});
