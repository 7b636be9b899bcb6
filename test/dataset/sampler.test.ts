import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { drawBatches, peopleBatchCount } from '../../src/dataset/sampler.js';

describe('drawBatches', () => {
  it('gives every picture once when it shuffles', () => {
    const pictures = Array.from({ length: 50 }, (_, i) => 3 * i);
    const batches = drawBatches(pictures, [], 'shuffle', 8, Random.fromSeed(1));
    assert.deepEqual(
      batches.flat().sort((a, b) => a - b),
      pictures,
    );
  });

  it('gives P people and K pictures of each, for 200 random folders', () => {
    const random = Random.fromSeed(2);
    for (let trial = 0; trial < 200; trial++) {
      const people = 2 + random.integer(20);
      const labels = Array.from({ length: people }, (_, p) => new Array<number>(1 + random.integer(12)).fill(p)).flat();
      const pictures = random.shuffle(labels.map((_, i) => i));
      const sampler = { people: 2 + random.integer(6), pictures: 2 + random.integer(4) };
      const batches = drawBatches(pictures, labels, sampler, 0, random);
      const context = `trial ${trial}`;
      assert.equal(batches.length, peopleBatchCount(pictures.length, sampler), context);
      const wide = Math.min(sampler.people, people);
      for (const batch of batches) {
        assert.equal(batch.length, wide * sampler.pictures, context);
        const own = new Map<number, number[]>();
        for (const picture of batch) own.set(labels[picture]!, [...(own.get(labels[picture]!) ?? []), picture]);
        assert.equal(own.size, wide, context);
        for (const [person, some] of own) {
          assert.equal(some.length, sampler.pictures, context);
          const has = labels.filter((label) => label === person).length;
          assert.equal(
            new Set(some).size,
            Math.min(has, sampler.pictures),
            `${context}: different ones where there are`,
          );
        }
      }
    }
  });

  it('lets everybody have a turn before one comes again', () => {
    const labels = Array.from({ length: 120 }, (_, i) => i % 12);
    const pictures = labels.map((_, i) => i);
    const batches = drawBatches(pictures, labels, { people: 4, pictures: 2 }, 0, Random.fromSeed(3));
    for (let round = 0; round + 3 <= batches.length; round += 3) {
      const seen = batches.slice(round, round + 3).flatMap((batch) => [...new Set(batch.map((p) => labels[p]!))]);
      assert.equal(new Set(seen).size, 12);
    }
    // 15 batches of 8 are 120: each picture once.
    assert.equal(new Set(batches.flat()).size, 120);
  });

  it('depends on the state of the generator alone', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 7);
    const draw = () =>
      drawBatches(
        labels.map((_, i) => i),
        labels,
        { people: 3, pictures: 2 },
        0,
        Random.fromSeed(9),
      );
    assert.deepEqual(draw(), draw());
  });
});
