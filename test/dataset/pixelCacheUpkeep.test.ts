import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { PixelCache } from '../../src/dataset/pixelCache.js';
import { eraseFromCache, othersIn, storedCaches } from '../../src/dataset/pixelCacheUpkeep.js';
import { scratchFolder } from '../support/scratch.js';
import { fact, pixelsOf, SIZE, stampOf } from './cacheWriter.js';

const folder = scratchFolder();
const caches = () => path.join(folder(), 'caches');
const DAY = 86_400_000;

function dataset(name = 'data'): string {
  const root = path.join(folder(), name);
  fs.mkdirSync(root, { recursive: true });
  return root;
}

function filled(root: string, files: readonly string[]): string {
  const cache = PixelCache.open(caches(), root, SIZE, 1e9, { people: 2, pictures: files.length });
  for (const file of files) cache.add(stampOf(file), fact, pixelsOf(file));
  cache.close();
  return cache.folder;
}

/** The files whose pixels a cache still gives, right to the byte. */
function found(root: string, files: readonly string[]): string[] {
  const cache = PixelCache.open(caches(), root, SIZE, 1e9);
  const sound = files.filter((file) => {
    const known = cache.find(stampOf(file));
    if (!known) return false;
    const pixels = new Uint8Array(SIZE * SIZE * 3);
    cache.read(known.slot, pixels);
    return Buffer.compare(pixels, pixelsOf(file)) === 0;
  });
  cache.close();
  return sound;
}

describe('pixel caches', () => {
  it('say whose pictures they hold, how many, and who uses them', () => {
    const root = dataset();
    filled(root, ['Anna/1.png', 'Anna/1.png', 'Bo/1.png']);
    const [one, ...others] = storedCaches(caches());
    assert.deepEqual(others, []);
    assert.deepEqual(one!.about, { version: 1, dataset: fs.realpathSync(root), size: SIZE, people: 2, pictures: 3 });
    assert.deepEqual([one!.pictures, one!.busy], [2, false]);
    assert.ok(one!.bytes >= 2 * SIZE * SIZE * 3);
    if (process.platform !== 'win32')
      assert.equal(fs.statSync(path.join(one!.folder, 'dataset.json')).mode & 0o777, 0o600);
    const open = PixelCache.open(caches(), root, SIZE, 1e9);
    const second = PixelCache.open(caches(), root, SIZE, 1e9);
    assert.deepEqual(
      storedCaches(caches()).map(({ busy }) => busy),
      [true, true],
    );
    second.close();
    open.close();
    assert.deepEqual(storedCaches(path.join(folder(), 'nowhere')), []);
  });

  it('go with a dataset that is gone, once nobody has used them for a day, and not before', () => {
    const gone = filled(dataset('gone'), ['a.png']);
    const away = filled(dataset('stick/faces'), ['a.png']);
    const kept = filled(dataset('kept'), ['a.png']);
    for (const name of ['gone', 'stick']) fs.rmSync(path.join(folder(), name), { recursive: true });
    const reopened = () => PixelCache.open(caches(), dataset('another'), SIZE, 1e9).close();
    const used = (days: number) => {
      const at = (Date.now() - days * DAY) / 1000;
      for (const cache of [gone, away, kept])
        if (fs.existsSync(cache)) fs.utimesSync(path.join(cache, 'index'), at, at);
    };
    const there = () => [gone, away, kept].map((cache) => fs.existsSync(cache));
    reopened();
    assert.deepEqual(there(), [true, true, true]);
    used(2);
    reopened();
    assert.deepEqual(there(), [false, true, true]);
    used(31);
    reopened();
    assert.deepEqual(there(), [false, false, true]);
  });
});

describe('erasing from a pixel cache', () => {
  const all = ['Anna/1.png', 'Bo/1.png', 'Anna/2.png', 'Cy/1.png'];
  const stays = new Set(['Bo/1.png', 'Cy/1.png']);

  it('leaves no byte of the pictures that go, and every picture that stays', () => {
    const cache = filled(dataset(), all);
    assert.equal(othersIn(cache, stays), 2);
    const erased: Buffer[] = [];
    const told = eraseFromCache(cache, stays, (pixels) => erased.push(Buffer.from(pixels)));
    assert.deepEqual(told, { pictures: 2, bytes: 2 * SIZE * SIZE * 3 });
    assert.deepEqual(
      erased,
      ['Anna/1.png', 'Anna/2.png'].map((file) => Buffer.from(pixelsOf(file))),
    );
    const pixels = fs.readFileSync(path.join(cache, 'pixels'));
    for (const file of ['Anna/1.png', 'Anna/2.png']) assert.equal(pixels.indexOf(pixelsOf(file).subarray(0, 512)), -1);
    assert.deepEqual(found(dataset(), all), ['Bo/1.png', 'Cy/1.png']);
    assert.deepEqual([othersIn(cache, stays), eraseFromCache(cache, stays)], [0, { pictures: 0, bytes: 0 }]);
    assert.deepEqual(fs.readdirSync(cache).sort(), ['dataset.json', 'index', 'pixels']);
  });

  it('goes on where one that was killed has removed the records and not yet the pixels', () => {
    const cache = filled(dataset(), all);
    const index = path.join(cache, 'index');
    const whole = fs.readFileSync(index);
    fs.writeFileSync(index, Buffer.concat([whole.subarray(128, 256), whole.subarray(384)]));
    assert.deepEqual(eraseFromCache(cache, stays), { pictures: 0, bytes: 2 * SIZE * SIZE * 3 });
    assert.deepEqual(found(dataset(), all), ['Bo/1.png', 'Cy/1.png']);
  });

  it('empties a cache that does not say how large its pictures are, and leaves one that is in use', () => {
    const cache = filled(dataset(), all);
    fs.rmSync(path.join(cache, 'dataset.json'));
    assert.equal(eraseFromCache(cache, stays)!.pictures, 4);
    assert.ok(fs.readFileSync(path.join(cache, 'pixels')).every((byte) => byte === 0));
    assert.deepEqual(found(dataset(), all), []);
    const open = PixelCache.open(caches(), dataset(), SIZE, 1e9);
    assert.equal(eraseFromCache(cache, stays), undefined);
    open.close();
  });
});
