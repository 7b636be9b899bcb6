import assert from 'node:assert/strict';
import { computeLoss } from '../../../src/core/losses/losses.js';

const distil = (embedding: readonly number[], targets: readonly number[], rows = 1) =>
  computeLoss({ kind: 'distillation' }, { embedding: Float32Array.from(embedding) }, new Int32Array(rows), {
    targets: Float32Array.from(targets),
  });

describe('the distillation loss', () => {
  it('is 1 − cos, whatever the lengths: 0 alike, 1 across, 2 opposite', () => {
    assert.ok(Math.abs(distil([3, 4], [0.6, 0.8]).lossSum) < 1e-7);
    assert.equal(distil([0, 5], [-1, 0]).lossSum, 1);
    assert.equal(distil([0, 5], [0, -2]).lossSum, 2);
    // cos 45° = 0.70710678, twice.
    const { lossSum, correct } = distil([1, 1, 20, 20], [0, 7, 1e-3, 0], 2);
    assert.ok(Math.abs(lossSum - 2 * (1 - Math.SQRT1_2)) < 1e-12, `${lossSum}`);
    assert.equal(correct, 0);
  });

  it('pulls across the embedding alone, the less the longer it is', () => {
    // e = (2, 0), t = (0, 3): cos 0, so that the gradient is −t̂ / ‖e‖.
    assert.deepEqual([...distil([2, 0], [0, 3]).gradients.embedding!], [0, -0.5]);
    // Towards (1, 1) from (4, 0): (cos · ê − t̂) / 4 = (0, −0.70710678) / 4; along e nothing is gained.
    const { embedding } = distil([4, 0], [1, 1]).gradients;
    assert.ok(Math.abs(embedding![0]!) < 1e-17 && Math.abs(embedding![1]! + Math.SQRT1_2 / 4) < 1e-8);
  });

  it('stays finite at an embedding of zeros, and asks for nothing with a target of zeros', () => {
    const zero = distil([0, 0], [3, 4]);
    assert.equal(zero.lossSum, 1);
    assert.ok(zero.gradients.embedding!.every(Number.isFinite) && zero.gradients.embedding![0]! < 0);
    assert.deepEqual({ ...distil([3, 4], [0, 0]) }.lossSum, 1);
    assert.ok(distil([3, 4], [0, 0]).gradients.embedding!.every((v) => v === 0));
  });

  it('needs a target for every value', () => {
    for (const targets of [[], [1], [1, 2, 3]]) assert.throws(() => distil([1, 2], targets), /of targets for 1 labels/);
    assert.ok(Number.isNaN(distil([1, 2], [NaN, 1]).lossSum));
  });
});
