import assert from 'node:assert/strict';
import { makePairs, type Pair } from '../../src/evaluation/pairs.js';
import { drawEnrolled, sampleRows } from '../../src/evaluation/sampling.js';
import { Random } from '../../src/core/random.js';

/** "a" as many times as the first number says, and so on. */
const peopleOf = (...counts: readonly number[]) =>
  counts.flatMap((count, p) => new Array<string>(count).fill(`p${String(p).padStart(4, '0')}`));

function check(pairs: readonly Pair[], people: readonly string[]): void {
  const seen = new Set<string>();
  const foldOf = new Map<string, number>();
  for (const { a, b, same, fold } of pairs) {
    assert.notEqual(a, b);
    assert.equal(people[a] === people[b], same);
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    assert.ok(!seen.has(key), `pair ${key} twice`);
    seen.add(key);
    for (const row of [a, b]) {
      assert.equal(foldOf.get(people[row]!) ?? fold, fold, `${people[row]} in two folds`);
      foldOf.set(people[row]!, fold);
    }
  }
}
const counts = (pairs: readonly Pair[]) => {
  const same = pairs.filter((pair) => pair.same).length;
  return [same, pairs.length - same, new Set(pairs.map(({ fold }) => fold)).size];
};

describe("pairs of a user's own people", () => {
  it('are of one person and of two, as many of either, nobody in two folds', () => {
    const people = peopleOf(...new Array<number>(40).fill(5));
    const pairs = makePairs(people, 1);
    check(pairs, people);
    assert.deepEqual(counts(pairs), [400, 400, 10], 'all pairs of one person: 40 x 10');
  });

  it('are the same for the same seed, in whatever order the pictures come', () => {
    const people = peopleOf(3, 4, 5, 2, 3, 3);
    assert.deepEqual(makePairs(people, 1), makePairs(people, 1));
    assert.notDeepEqual(makePairs(people, 1), makePairs(people, 2));
    const folds = (list: readonly string[]) =>
      makePairs(list, 1).map(({ a, b, fold }) => [list[a], list[b], fold].join(' '));
    assert.deepEqual(folds(people.toReversed()).sort(), folds(people).sort());
  });

  it('are no more than 3,000 of either, with turns for all, be somebody in hundreds of pictures', () => {
    const people = peopleOf(500, ...new Array<number>(199).fill(10));
    const pairs = makePairs(people, 1);
    check(pairs, people);
    assert.deepEqual(counts(pairs), [3000, 3000, 10]);
    const first = pairs.filter(({ a, same }) => same && people[a] === 'p0000').length;
    assert.equal(first, 15, 'as many as of anybody');
  });

  it('are as many as there are, of few people', () => {
    const few = peopleOf(3, 2, 1, 1);
    const pairs = makePairs(few, 1);
    check(pairs, few);
    const [same, different, folds] = counts(pairs);
    assert.equal(same, 4);
    assert.ok(different! >= 1 && different! <= 4 && folds! <= 2);
    assert.deepEqual(counts(makePairs(peopleOf(4), 1)), [6, 0, 1], 'nobody to compare with');
    assert.deepEqual(makePairs(peopleOf(1), 1), []);
    assert.deepEqual(makePairs([], 1), []);
    // Two people of two folds would be alone in each: one fold, so that there are pairs of two.
    assert.deepEqual(counts(makePairs(peopleOf(2, 2), 1)), [2, 2, 1]);
  });

  it('end where nearly all pairs of two are taken', () => {
    const people = peopleOf(30, 1);
    const [same, different] = counts(makePairs(people, 1));
    assert.equal(same, 435);
    assert.equal(different, 30, 'there are no more');
  });
});

describe('a sample of pictures', () => {
  it('is everything where that can be afforded', () => {
    assert.deepEqual(sampleRows(peopleOf(2, 3), 5, Random.fromSeed(1)), [0, 1, 2, 3, 4]);
    assert.deepEqual(sampleRows([], 5, Random.fromSeed(1)), []);
  });

  it('has whole people, by chance, in their order, until there are enough', () => {
    const people = peopleOf(...new Array<number>(100).fill(7));
    const rows = sampleRows(people, 50, Random.fromSeed(1));
    assert.deepEqual(
      rows,
      rows.toSorted((a, b) => a - b),
    );
    const who = new Set(rows.map((row) => people[row]));
    assert.equal(rows.length, 56);
    assert.equal(who.size, 8);
    assert.notDeepEqual(sampleRows(people, 50, Random.fromSeed(2)), rows);
    assert.deepEqual(sampleRows(people, 50, Random.fromSeed(1)), rows);
    assert.equal(sampleRows(people, 0, Random.fromSeed(1)).length, 0);
  });

  it('has no more than 1,000 pictures of a person', () => {
    const rows = sampleRows(peopleOf(5000, 3), 1e6, Random.fromSeed(1));
    assert.equal(rows.length, 1003);
    assert.equal(new Set(rows).size, 1003);
  });
});

describe('pictures drawn for a gallery', () => {
  it('are so many of each person, and one is left to try where there are more than one', () => {
    const people = peopleOf(10, 5, 6, 2, 1);
    const enrolled = drawEnrolled(people, 5, Random.fromSeed(1));
    const of = (person: string) => enrolled.filter((is, row) => is && people[row] === person).length;
    assert.deepEqual(['p0000', 'p0001', 'p0002', 'p0003', 'p0004'].map(of), [5, 4, 5, 1, 1]);
    assert.deepEqual(drawEnrolled(people, 5, Random.fromSeed(1)), enrolled);
    assert.notDeepEqual(drawEnrolled(people, 5, Random.fromSeed(2)), enrolled);
  });
});
