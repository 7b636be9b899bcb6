import assert from 'node:assert/strict';
import { normalizeRows } from '../../../src/core/cosine.js';
import { Random } from '../../../src/core/random.js';
import { imprintedHead, COSINE_HEAD } from '../../../src/graph/cosineHead.js';
import { MemoryClasses } from '../../../src/training/classes/classStore.js';
import { transpose } from '../../../src/core/transpose.js';
import { imprint, scatter } from '../../../src/training/classes/imprint.js';

const [LENGTH, SCALE] = [7, 32];

describe('a store of many people before training', () => {
  it('has what a head of everybody is imprinted with, of the first five pictures of each', async () => {
    const random = Random.fromSeed(3);
    // More people than are written at once, with none to eight pictures in the split, out of which some are not.
    const labels = Int32Array.from({ length: 2400 }, (_, i) => Math.floor(i / 8));
    const train = [...labels.keys()].filter((i) => random.integer(3) > 0 && labels[i] !== 17);
    const embeddings = Float32Array.from({ length: labels.length * LENGTH }, () => random.between(-1, 1));
    normalizeRows(embeddings, LENGTH);
    const rowOf = (i: number) => embeddings.slice(i * LENGTH, (i + 1) * LENGTH);
    const unreadable = train[5]!;
    const read = (pictures: readonly number[]) => {
      const there = pictures.filter((picture) => picture !== unreadable);
      const images = Float32Array.from(there.flatMap((picture) => [...rowOf(picture)]));
      return Promise.resolve({ images, labels: Int32Array.from(there, (p) => labels[p]!), pictures: there });
    };
    const store = new MemoryClasses(300, LENGTH);
    await imprint(store, { split: { train, validation: [] }, labels }, 64, SCALE, { read });
    const byPerson = Array.from({ length: 300 }, (_, person) =>
      train
        .filter((i) => labels[i] === person)
        .slice(0, 5)
        .filter((i) => i !== unreadable)
        .map((i) => normalizeRows(rowOf(i), LENGTH)),
    );
    const expected = transpose(imprintedHead(byPerson, SCALE).get(COSINE_HEAD.kernel)!, LENGTH);
    // Who has no picture has no direction.
    expected.fill(0, 17 * LENGTH, 18 * LENGTH);
    assert.deepEqual(store.all.values, expected);
  });

  it('has unrelated directions where a network says nothing yet, the same of the same seed', () => {
    const [one, same, other] = [4, 4, 5].map((seed) => {
      const store = new MemoryClasses(300, LENGTH);
      scatter(store, seed, SCALE);
      return store.all.values;
    });
    assert.deepEqual(one, same);
    assert.notDeepEqual(one, other);
    const mean = new Float64Array(LENGTH);
    for (let person = 0; person < 300; person++) {
      const row = one!.subarray(person * LENGTH, (person + 1) * LENGTH);
      assert.ok(Math.abs(Math.hypot(...row) - SCALE) < 1e-4);
      row.forEach((v, i) => (mean[i]! += v / SCALE / 300));
    }
    // Of unrelated ones it is about 1 / √300.
    assert.ok(Math.hypot(...mean) < 0.15);
  });
});
