import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';

describe('Random', () => {
  it('is xoshiro128** (values of an independent implementation)', () => {
    const random = Random.fromState([1, 2, 3, 4]);
    const values = Array.from({ length: 6 }, () => random.uint32());
    assert.deepEqual(values, [11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  it('goes on from a saved state', () => {
    const random = Random.fromSeed(7);
    for (let i = 0; i < 10; i++) random.uint32();
    const copy = Random.fromState(random.state);
    for (let i = 0; i < 100; i++) assert.equal(copy.uint32(), random.uint32(), `value ${i}`);
  });

  it('gives each purpose a stream of its own', () => {
    const first = ['split', 'weights', 'shuffle'].map((purpose) => Random.forPurpose(128, purpose).uint32());
    assert.equal(new Set(first).size, 3);
    assert.notEqual(Random.forPurpose(1, 'split').uint32(), Random.forPurpose(2, 'split').uint32());
  });

  it('is uniform: 100,000 integers below 7 pass a chi-squared test', () => {
    const random = Random.fromSeed(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 100_000; i++) counts[random.integer(7)]!++;
    const expected = 100_000 / 7;
    const chi2 = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    assert.ok(chi2 < 22.46, `chi-squared ${chi2} with 6 degrees of freedom (p = 0.001 at 22.46)`);
    for (let i = 0; i < 1000; i++) {
      const u = random.uniform();
      assert.ok(u >= 0 && u < 1);
    }
  });

  it('shuffles into permutations, each first place equally likely', () => {
    const random = Random.fromSeed(11);
    const firsts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const order = random.shuffle([0, 1, 2, 3]);
      assert.deepEqual([...order].sort(), [0, 1, 2, 3]);
      firsts[order[0]!]!++;
    }
    for (const n of firsts) assert.ok(Math.abs(n - 2000) < 200, firsts.join());
  });
});
