import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { PixelCache } from '../../src/dataset/pixelCache.js';
import { scratchFolder } from '../support/scratch.js';
import { fact, pixelsOf, SIZE, stampOf } from './cacheWriter.js';

const folder = scratchFolder();
const caches = () => path.join(folder(), 'caches');
const SLOT = SIZE * SIZE * 3;

function dataset(name = 'data'): string {
  const root = path.join(folder(), name);
  fs.mkdirSync(root, { recursive: true });
  return root;
}

function open(root = dataset(), maximumBytes = 1e9): PixelCache {
  return PixelCache.open(caches(), root, SIZE, maximumBytes);
}

/** Adds pictures 0 to count − 1. */
function fill(cache: PixelCache, count: number): void {
  for (let i = 0; i < count; i++) cache.add(stampOf(`${i}.png`), fact, pixelsOf(`${i}.png`));
}

/** Whether a file's pixels are there and right; undefined when the cache knows nothing of it. */
function sound(cache: PixelCache, file: string): boolean | undefined {
  const found = cache.find(stampOf(file));
  if (!found) return undefined;
  const pixels = new Uint8Array(SLOT);
  try {
    cache.read(found.slot, pixels);
  } catch {
    return false;
  }
  return crc32(pixels) === cache.checksum(file) && Buffer.compare(pixels, pixelsOf(file)) === 0;
}

/** The folder of the only cache. */
const only = () => path.join(caches(), fs.readdirSync(caches())[0]!);

describe('PixelCache', () => {
  it('is its owner’s alone, also when it was not so before', () => {
    const mask = process.umask(0);
    try {
      open().close();
      const files = ['pixels', 'index'].map((file) => path.join(only(), file));
      const rights = () => [caches(), only(), ...files].map((at) => (fs.statSync(at).mode & 0o777).toString(8));
      const closed = ['700', '700', '600', '600'];
      assert.deepEqual(rights(), closed);
      for (const folder of [caches(), only()]) fs.chmodSync(folder, 0o755);
      for (const file of files) fs.chmodSync(file, 0o644);
      const owner = open();
      assert.deepEqual(rights(), closed);
      assert.equal((fs.statSync(path.join(owner.folder, 'lock')).mode & 0o777).toString(8), '600');
      const second = open();
      assert.equal((fs.statSync(path.join(second.folder, 'pixels')).mode & 0o777).toString(8), '600');
      second.close();
      owner.close();
    } finally {
      process.umask(mask);
    }
  });

  it('gives back what it was given, also after it was closed and opened', () => {
    let cache = open();
    fill(cache, 3);
    cache.add(stampOf('broken.png'), { ...fact, fault: 'damaged', format: 'jpeg' }, undefined);
    for (let round = 0; round < 2; round++) {
      for (const i of [2, 0, 1]) assert.equal(sound(cache, `${i}.png`), true);
      const broken = cache.find(stampOf('broken.png'))!;
      assert.deepEqual([broken.fact.fault, broken.fact.format, broken.slot], ['damaged', 'jpeg', -1]);
      const { content, differenceHash, ...rest } = cache.find(stampOf('1.png'))!.fact;
      assert.deepEqual(
        { ...rest, content: Uint8Array.from(content), differenceHash: Uint8Array.from(differenceHash) },
        fact,
      );
      cache.close();
      cache = open();
    }
    cache.close();
  });

  it('does not know a file that has changed, and takes its new pixels', () => {
    const cache = open();
    fill(cache, 2);
    for (const changed of [{ bytes: 1 }, { modifiedMs: 2 }])
      assert.equal(cache.find({ ...stampOf('0.png'), ...changed }), undefined);
    const changed = { ...stampOf('0.png'), modifiedMs: 2 };
    cache.add(changed, fact, pixelsOf('other'));
    cache.close();
    const again = open();
    assert.equal(again.find(stampOf('0.png')), undefined);
    assert.ok(again.find(changed));
    assert.equal(sound(again, '1.png'), true);
    again.close();
  });

  it('is sound after its writer was killed with SIGKILL, again and again, and goes on from there', async () => {
    const root = dataset();
    let before = 0;
    for (let round = 0; round < 6; round++) {
      const file = path.join(import.meta.dirname, 'cacheWriter.ts');
      const writer = spawn(process.execPath, ['--import', 'tsx', file, caches(), root], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(writer.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 20 + 37 * round));
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const cache = open(root);
      let count = 0;
      for (; cache.find(stampOf(`person/${count}.png`)); count++)
        assert.equal(sound(cache, `person/${count}.png`), true, `picture ${count}, round ${round}`);
      assert.ok(count > before, `${count} after ${before}`);
      before = count;
      cache.close();
      assert.ok(!path.basename(cache.folder).startsWith('private'), 'the killed writer’s lock is taken over');
    }
  }).timeout(60_000);

  it('believes nothing that was cut short or scribbled over', () => {
    const cases: [string, () => void][] = [
      ['pixels cut', () => fs.truncateSync(path.join(only(), 'pixels'), 2.5 * SLOT)],
      ['index cut', () => fs.truncateSync(path.join(only(), 'index'), 2.5 * 128)],
      ['index scribbled', () => scribble('index', 300)],
      ['pixels scribbled', () => scribble('pixels', 2 * SLOT + 5)],
      ['index emptied', () => fs.truncateSync(path.join(only(), 'index'), 0)],
      ['pixels gone', () => fs.rmSync(path.join(only(), 'pixels'))],
    ];
    for (const [what, damage] of cases) {
      fs.rmSync(caches(), { recursive: true, force: true });
      let cache = open();
      fill(cache, 5);
      cache.close();
      damage();
      cache = open();
      for (let i = 0; i < 5; i++) {
        const is = sound(cache, `${i}.png`);
        // Pixels that changed in place are found by their checksum when they are read.
        if (what !== 'pixels scribbled') assert.notEqual(is, false, `${what}: ${i}`);
        else assert.equal(is, i !== 2, `${what}: ${i}`);
      }
      fill(cache, 5);
      for (let i = 0; i < 5; i++) assert.equal(sound(cache, `${i}.png`), true, `${what}, filled again: ${i}`);
      cache.close();
    }
  });

  function scribble(name: string, at: number): void {
    const file = fs.openSync(path.join(only(), name), 'r+');
    fs.writeSync(file, 'scribble', at);
    fs.closeSync(file);
  }

  it('gives a second user a copy of its own, which goes with it', () => {
    const first = open();
    fill(first, 2);
    // The same process may not write twice either; the pid in the lock lives.
    const second = open();
    assert.match(path.basename(second.folder), /^private-/);
    fill(second, 3);
    assert.equal(sound(second, '2.png'), true);
    second.close();
    assert.ok(!fs.existsSync(second.folder));
    assert.equal(sound(first, '1.png'), true);
    first.close();
  });

  it('takes over a lock whose writer was killed, also while it wrote the lock', () => {
    open().close();
    // Of the last: another program was given the number of its writer.
    const taken = fs.existsSync('/proc/self') ? [`${process.pid} before-the-restart:1`] : [];
    for (const left of ['', '999999999', 'nonsense', ...taken]) {
      fs.writeFileSync(path.join(only(), 'lock'), left);
      const cache = open();
      assert.doesNotMatch(path.basename(cache.folder), /^private-/, JSON.stringify(left));
      cache.close();
    }
  });

  it('removes private copies whose process is gone', () => {
    const orphan = path.join(caches(), 'private-999999999-abc');
    fs.mkdirSync(orphan, { recursive: true });
    open().close();
    assert.ok(!fs.existsSync(orphan));
  });

  it('keeps facts but no pixels beyond its limit', () => {
    const cache = open(dataset(), 3 * SLOT);
    fill(cache, 5);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((i) => cache.find(stampOf(`${i}.png`))!.slot),
      [0, 1, 2, -1, -1],
    );
    cache.close();
  });

  it('lets the datasets that were used longest ago go first', () => {
    for (const [i, name] of ['old', 'older', 'new'].entries()) {
      const cache = open(dataset(name));
      fill(cache, 10);
      cache.close();
      const day = new Date(2026, 0, [2, 1, 3][i]);
      fs.utimesSync(path.join(cache.folder, 'index'), day, day);
    }
    // A quarter of the limit is for the newcomer: two of the three others may stay.
    const cache = open(dataset('another'), 27.5 * (SLOT + 128));
    const left = ['old', 'older', 'new'].map((name) => {
      const other = open(dataset(name));
      const has = other.find(stampOf('0.png')) !== undefined;
      other.close();
      return has;
    });
    assert.deepEqual(left, [true, false, true]);
    cache.close();
  });

  it('starts anew when most of it is of no use any more', () => {
    const cache = open();
    for (let i = 0; i < 2500; i++) cache.add({ ...stampOf('same.png'), modifiedMs: i }, fact, pixelsOf('same.png'));
    cache.close();
    const again = open();
    assert.equal(fs.statSync(path.join(again.folder, 'pixels')).size, 0);
    assert.equal(again.add(stampOf('1.png'), fact, pixelsOf('1.png')), 0);
    again.close();
  });
});
