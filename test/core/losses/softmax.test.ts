import assert from 'node:assert/strict';
import type { LossResult } from '../../../src/core/losses/loss.js';
import { computeLoss } from '../../../src/core/losses/losses.js';

const loss = (scores: Float32Array, labels: readonly number[], labelSmoothing = 0): LossResult =>
  computeLoss({ kind: 'softmax', labelSmoothing }, { scores }, Int32Array.from(labels));

describe('the softmax loss', () => {
  it('moves the gradient of the target probabilities with smoothing, and leaves the loss as it is', () => {
    const [scores, people] = [Float32Array.from([0.5, -1, 2, 0.25]), 4];
    const [plain, smoothed] = [loss(scores, [1]), loss(scores, [1], 0.2)];
    assert.equal(smoothed.lossSum, plain.lossSum);
    // The target: 0.2 / 4 = 0.05 for each, and 0.8 more for the label, instead of 1.
    for (let c = 0; c < people; c++) {
      const moved = smoothed.gradients.scores![c]! - plain.gradients.scores![c]!;
      assert.ok(Math.abs(moved - (c === 1 ? 0.15 : -0.05)) < 1e-7, `score ${c} moved by ${moved}`);
    }
  });

  it('is ln(people) for equal scores and sums to zero gradient in each row', () => {
    const { lossSum, gradients } = loss(new Float32Array(8).fill(3), [1, 3]);
    assert.ok(Math.abs(lossSum - 2 * Math.log(4)) < 1e-12);
    for (const row of [0, 1])
      assert.ok(Math.abs(gradients.scores!.slice(4 * row, 4 * row + 4).reduce((a, b) => a + b)) < 1e-7);
  });

  it('overflows for no finite scores', () => {
    const { lossSum, gradients, correct } = loss(Float32Array.from([3e38, -3e38]), [1]);
    assert.ok(Number.isFinite(lossSum) && lossSum > 5e38);
    assert.deepEqual([...gradients.scores!], [1, -1]);
    assert.equal(correct, 0);
  });

  it('counts the rows whose highest score is the label’s; the lower number wins a tie', () => {
    assert.equal(loss(Float32Array.from([1, 1, 0, 0, 2, 2]), [0, 2]).correct, 1);
  });
});
