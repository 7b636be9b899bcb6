import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { nearestNeighbours } from '../../src/evaluation/nearestNeighbour.js';

describe('nearestNeighbours', () => {
  const hitsOf = (...given: Parameters<typeof nearestNeighbours>) => nearestNeighbours(...given).hits;

  it('goes by the angle, over all batches, and counts somebody with a single picture as a miss', () => {
    const rows = Float32Array.from([1, 0, 9, 1, 0, 1, 1, 9, -1, -1]);
    assert.equal(hitsOf([rows.subarray(0, 4), rows.subarray(4)], [1, 1, 2, 2, 3]), 4);
    assert.equal(hitsOf([rows], [1, 2, 1, 2, 3]), 0);
    assert.equal(hitsOf([], []), 0);
    assert.equal(hitsOf([Float32Array.of(1, 2)], [1]), 0, 'a picture is not its own neighbour');
  });

  it('does not go by the length of a row', () => {
    const scaled = Float32Array.from([1, 0, 100, 1, 0, 1, 1, 100]);
    const unit = Float32Array.from([1, 0, 1, 0.01, 0, 1, 0.01, 1]);
    const people = [1, 1, 2, 2];
    assert.equal(hitsOf([scaled], people), hitsOf([unit], people));
    assert.equal(hitsOf([scaled], people), 4);
  });

  it('takes rows of zeros and rows that are not finite for misses', () => {
    assert.equal(hitsOf([Float32Array.of(NaN, NaN, NaN, 1)], [1, 1]), 0);
    // Every angle to zero is the same: the first other row is the nearest.
    assert.equal(hitsOf([Float32Array.of(0, 0, 1, 0, 0, 1)], [1, 2, 2]), 0);
  });

  it('agrees with the plain definition on random rows', () => {
    const random = Random.fromSeed(7);
    const [count, length] = [60, 5];
    const rows = Float32Array.from({ length: count * length }, () => random.between(-1, 1));
    const people = Array.from({ length: count }, () => random.integer(4));
    const row = (i: number) => [...rows.subarray(i * length, (i + 1) * length)];
    const cosine = (a: number[], b: number[]) =>
      a.reduce((sum, v, k) => sum + v * b[k]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
    let hits = 0;
    for (let i = 0; i < count; i++) {
      const others = people.map((person, j) => ({ person, j })).filter(({ j }) => j !== i);
      others.sort((a, b) => cosine(row(i), row(b.j)) - cosine(row(i), row(a.j)));
      if (others[0]!.person === people[i]) hits++;
    }
    assert.ok(hits > 0 && hits < count, `${hits} of ${count}`);
    assert.equal(hitsOf([rows], people), hits);
  });

  it('asks 1,500 rows of many, all over them', () => {
    const count = 3000;
    // Two people, a quarter turn apart: every row has its like.
    const rows = Float32Array.from({ length: 2 * count }, (_, i) => Number(((i >> 1) & 1) === (i & 1)));
    const people = Array.from({ length: count }, (_, i) => i & 1);
    assert.deepEqual(nearestNeighbours([rows], people), { hits: 1500, asked: 1500 });
    // Of the second half every row has somebody else for its like.
    const others = people.map((person, i) => (i < count / 2 ? person : i));
    assert.deepEqual(nearestNeighbours([rows], others), { hits: 750, asked: 1500 });
  });
});
