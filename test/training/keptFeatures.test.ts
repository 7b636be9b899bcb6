import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Batch } from '../../src/engine/engine.js';
import { KeptFeatures } from '../../src/training/keptFeatures.js';
import { scratchFolder } from '../support/scratch.js';

const folder = scratchFolder();
const SIDE = 2;

/** A network whose vector of a picture is its first value and their sum, and which counts what it is asked. */
function counting(): { asked: number; features(batch: Batch): Promise<Float32Array> } {
  const self = {
    asked: 0,
    features({ images, labels }: Batch) {
      self.asked += labels.length;
      const bytes = images.length / labels.length;
      const rows = Array.from(labels, (_, i) => images.slice(i * bytes, (i + 1) * bytes));
      return Promise.resolve(Float32Array.from(rows.flatMap((row) => [row[0]!, [...row].reduce((a, b) => a + b, 0)])));
    },
  };
  return self;
}

function batchOf(...pictures: readonly number[]): Batch {
  const bytes = SIDE * SIDE * 3;
  const images = new Uint8Array(pictures.length * bytes);
  pictures.forEach((value, i) => images.fill(value, i * bytes, (i + 1) * bytes));
  return { images, labels: new Int32Array(pictures.length) };
}

const expected = (...pictures: readonly number[]) => pictures.flatMap((value) => [value, 12 * value]);

describe('features that are kept', () => {
  const open = (network: ReturnType<typeof counting>, identity: readonly string[] = ['a']) =>
    new KeptFeatures(network, folder(), identity);
  const files = () => fs.readdirSync(folder());

  it('are computed once for the same pixels, in a run and in the next', async () => {
    const network = counting();
    const kept = open(network);
    assert.deepEqual([...(await kept.features(batchOf(1, 2, 3)))], expected(1, 2, 3));
    assert.deepEqual([...(await kept.features(batchOf(3, 4, 1)))], expected(3, 4, 1));
    assert.equal(network.asked, 4);
    kept.save();
    const next = counting();
    assert.deepEqual([...(await open(next).features(batchOf(4, 5, 2)))], expected(4, 5, 2));
    assert.equal(next.asked, 1, 'only what is new');
  });

  it('are no more than there is room for, and all are right', async () => {
    const network = counting();
    const kept = new KeptFeatures(network, folder(), ['a'], '', 2);
    for (let again = 0; again < 2; again++)
      assert.deepEqual([...(await kept.features(batchOf(1, 2, 3, 4)))], expected(1, 2, 3, 4));
    assert.equal(network.asked, 6, 'two are computed again');
    kept.save();
    const next = counting();
    await open(next).features(batchOf(1, 2, 3, 4));
    assert.equal(next.asked, 2);
  });

  it('belong to their network, engine and folder', async () => {
    const kept = open(counting());
    await kept.features(batchOf(1));
    kept.save();
    const other = counting();
    await open(other, ['b']).features(batchOf(1));
    assert.equal(other.asked, 1);
  });

  it('are those that the last run saw', async () => {
    const first = open(counting());
    await first.features(batchOf(1, 2));
    first.save();
    const second = open(counting());
    await second.features(batchOf(2, 3));
    second.save();
    const third = counting();
    await open(third).features(batchOf(1, 2, 3));
    assert.equal(third.asked, 1);
  });

  it('are written only where something came new, for their user alone', async () => {
    const kept = open(counting());
    kept.save();
    assert.deepEqual(files(), []);
    await kept.features(batchOf(1));
    kept.save();
    const [file] = files();
    assert.match(file!, /^views-[0-9a-f]{24}\.safetensors$/);
    const anHourAgo = new Date(Date.now() - 3_600_000);
    fs.utimesSync(path.join(folder(), file!), anHourAgo, anHourAgo);
    const again = open(counting());
    await again.features(batchOf(1));
    const used = fs.statSync(path.join(folder(), file!)).mtimeMs;
    assert.ok(used > anHourAgo.getTime() + 1000, 'being read counts as use');
    again.save();
    assert.equal(fs.statSync(path.join(folder(), file!)).mtimeMs, used);
  });

  it('that are damaged, or cannot be written, are computed', async () => {
    const kept = open(counting());
    await kept.features(batchOf(1));
    kept.save();
    const file = path.join(folder(), files()[0]!);
    for (const damage of [Buffer.from('nothing'), fs.readFileSync(file).subarray(0, -3)]) {
      fs.writeFileSync(file, damage);
      const network = counting();
      assert.deepEqual([...(await open(network).features(batchOf(1)))], expected(1));
      assert.equal(network.asked, 1);
    }
    const nowhere = new KeptFeatures(counting(), path.join(file, 'inside'), ['a']);
    await nowhere.features(batchOf(1));
    nowhere.save();
  });
});
