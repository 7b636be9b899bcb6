import assert from 'node:assert/strict';
import { batchCount, cutBatches } from '../../src/dataset/batches.js';
import { splitByIdentity, splitByPicture } from '../../src/dataset/split.js';
import { Random } from '../../src/core/random.js';

describe('splitByPicture', () => {
  it('keeps 1 of 10 pictures of each of 40 people for validation', () => {
    const labels = Array.from({ length: 400 }, (_, i) => Math.floor(i / 10));
    const { train, validation } = splitByPicture(labels, 0.9, 128);
    assert.equal(train.length, 360);
    assert.deepEqual(
      validation.map((i) => labels[i]),
      Array.from({ length: 40 }, (_, i) => i),
    );
  });

  it('is a partition in which everybody trains and the total meets the wish, for 300 random folders', () => {
    const random = Random.fromSeed(77);
    for (let trial = 0; trial < 300; trial++) {
      const people = 2 + random.integer(12);
      const labels = Array.from({ length: people }, (_, p) => new Array<number>(1 + random.integer(30)).fill(p)).flat();
      const share = random.between(0.05, 0.95);
      const { train, validation } = splitByPicture(labels, share, trial);
      const context = `trial ${trial}, share ${share}, ${labels.length} pictures of ${people}`;
      assert.deepEqual(
        [...train, ...validation].sort((a, b) => a - b),
        labels.map((_, i) => i),
        context,
      );
      assert.equal(new Set(train.map((i) => labels[i])).size, people, context);
      const wish = Math.floor(labels.length * (1 - share) + 1e-9);
      assert.ok(validation.length <= wish, context);
      // Only people with a single picture to spare can make it fall short.
      const spare = labels.length - people;
      if (wish <= spare / 2) assert.ok(validation.length >= wish - people, context);
    }
  });

  it('depends on the seed and on nothing else', () => {
    const labels = Array.from({ length: 100 }, (_, i) => i % 7);
    assert.deepEqual(splitByPicture(labels, 0.8, 5), splitByPicture(labels, 0.8, 5));
    assert.notDeepEqual(splitByPicture(labels, 0.8, 5), splitByPicture(labels, 0.8, 6));
  });
});

/** Random groups of two to four pictures; with `across` also over two people. */
function randomGroups(labels: readonly number[], random: Random, across: boolean): number[][] {
  return Array.from({ length: random.integer(8) }, () => {
    const first = random.integer(labels.length);
    const candidates = labels.flatMap((label, i) => (i !== first && (across || label === labels[first]) ? [i] : []));
    return [first, ...random.shuffle(candidates).slice(0, 1 + random.integer(3))];
  }).filter((group) => group.length > 1);
}

const sideOf = (validation: readonly number[], group: readonly number[]) =>
  new Set(group.map((picture) => validation.includes(picture))).size;

describe('splitByPicture with copies', () => {
  it('keeps groups on one side, everybody in training, and the total near the wish, for 300 random folders', () => {
    const random = Random.fromSeed(78);
    for (let trial = 0; trial < 300; trial++) {
      const people = 2 + random.integer(12);
      const labels = Array.from({ length: people }, (_, p) => new Array<number>(3 + random.integer(30)).fill(p)).flat();
      const share = random.between(0.5, 0.95);
      const groups = randomGroups(labels, random, trial % 2 === 0);
      const { train, validation } = splitByPicture(labels, share, trial, groups);
      const context = `trial ${trial}`;
      assert.deepEqual(
        [...train, ...validation].sort((a, b) => a - b),
        labels.map((_, i) => i),
        context,
      );
      for (const group of groups) assert.equal(sideOf(validation, group), 1, context);
      assert.equal(new Set(train.map((i) => labels[i])).size, people, context);
      const wish = labels.length * (1 - share);
      assert.ok(validation.length <= wish + 1e-6 && validation.length >= wish - people - 4 * groups.length, context);
    }
  });

  it('is the split without copies when there are none', () => {
    const labels = Array.from({ length: 200 }, (_, i) => i % 9);
    assert.deepEqual(splitByPicture(labels, 0.9, 128, []), splitByPicture(labels, 0.9, 128));
    assert.deepEqual(splitByPicture(labels, 0.9, 128).validation.slice(0, 8), [22, 30, 36, 44, 59, 66, 70, 81]);
  });
});

describe('splitByIdentity', () => {
  it('shares nobody between the sides, keeps copies together and comes near the wish, for 300 random folders', () => {
    const random = Random.fromSeed(79);
    for (let trial = 0; trial < 300; trial++) {
      const people = 4 + random.integer(30);
      const labels = Array.from({ length: people }, (_, p) => new Array<number>(1 + random.integer(20)).fill(p)).flat();
      const share = random.between(0.5, 0.95);
      const groups = trial % 3 === 0 ? randomGroups(labels, random, true).slice(0, 2) : [];
      const { train, validation } = splitByIdentity(labels, share, trial, groups);
      const context = `trial ${trial}`;
      assert.deepEqual(
        [...train, ...validation].sort((a, b) => a - b),
        labels.map((_, i) => i),
        context,
      );
      const strangers = new Set(validation.map((i) => labels[i]));
      assert.ok(
        train.every((i) => !strangers.has(labels[i])),
        context,
      );
      assert.ok(train.length > 0 && validation.length > 0, context);
      for (const group of groups) assert.equal(sideOf(validation, group), 1, context);
      if (groups.length === 0 && people > 10)
        assert.ok(validation.length <= Math.max(20, labels.length * (1 - share) + 1e-6), context);
    }
  });

  it('depends on the seed and on nothing else', () => {
    const labels = Array.from({ length: 100 }, (_, i) => i % 17);
    assert.deepEqual(splitByIdentity(labels, 0.8, 5), splitByIdentity(labels, 0.8, 5));
    assert.notDeepEqual(splitByIdentity(labels, 0.8, 5), splitByIdentity(labels, 0.8, 6));
  });
});

describe('cutBatches', () => {
  it('keeps every picture once and leaves no batch of one', () => {
    for (let count = 2; count < 40; count++)
      for (const size of [2, 3, 8]) {
        const batches = cutBatches(
          Array.from({ length: count }, (_, i) => i),
          size,
        );
        assert.deepEqual(
          batches.flat(),
          Array.from({ length: count }, (_, i) => i),
        );
        assert.ok(
          batches.every((batch) => batch.length >= 2 && batch.length <= size + 1),
          `${count} by ${size}`,
        );
        assert.equal(batchCount(count, size), batches.length, `${count} by ${size}`);
      }
  });
});
