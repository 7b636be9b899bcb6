import assert from 'node:assert/strict';
import type { LossResult } from '../../../src/core/losses/loss.js';
import { computeLoss, DEFAULT_LOSS, LOSSES } from '../../../src/core/losses/losses.js';
import { Random } from '../../../src/core/random.js';

const loss = (scores: Float32Array, labels: readonly number[], labelSmoothing = 0): LossResult =>
  computeLoss({ kind: 'softmax', labelSmoothing }, { scores }, Int32Array.from(labels));

describe('the softmax loss', () => {
  it('has the gradient of its loss (central differences, step 2^-10, float64 sums)', () => {
    const random = Random.fromSeed(5);
    const [rows, people] = [3, 5];
    const scores = Float32Array.from({ length: rows * people }, () => random.between(-4, 4));
    const labels = [4, 0, 2];
    const gradient = loss(scores, labels).gradients.scores!;
    for (let i = 0; i < scores.length; i++) {
      const at = (delta: number) => {
        const moved = scores.slice();
        moved[i] = moved[i]! + delta;
        // What float32 made of the step is what counts.
        return { loss: loss(moved, labels).lossSum / rows, x: moved[i]! };
      };
      const [up, down] = [at(2 ** -10), at(-(2 ** -10))];
      const numeric = (up.loss - down.loss) / (up.x - down.x);
      assert.ok(Math.abs(numeric - gradient[i]!) < 1e-6, `score ${i}: ${numeric} against ${gradient[i]}`);
    }
  });

  it('moves the gradient of the target probabilities with smoothing, and leaves the loss as it is', () => {
    const [scores, people] = [Float32Array.from([0.5, -1, 2, 0.25]), 4];
    const [plain, smoothed] = [loss(scores, [1]), loss(scores, [1], 0.2)];
    assert.equal(smoothed.lossSum, plain.lossSum);
    // Wished: 0.2 / 4 = 0.05 for each, and 0.8 more for the label, instead of 1.
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

  it('refuses labels and lengths that do not fit', () => {
    assert.throws(() => loss(new Float32Array(4), [0, 2]), /label 2 of row 1 is outside 0..1/);
    assert.throws(() => loss(new Float32Array(4), [-1, 1]), /label -1 of row 0/);
    assert.throws(() => loss(new Float32Array(5), [0, 1]), /5 scores for 2 labels/);
    assert.throws(() => computeLoss(DEFAULT_LOSS, {}, Int32Array.of(0)), /no scores for 1 labels/);
  });
});

describe('a loss', () => {
  it('gives a gradient for exactly what it says it reads, each of the output’s length', () => {
    const outputs = { scores: new Float32Array(6).fill(0.5), embedding: new Float32Array(8).fill(0.25) };
    const gradients = LOSSES.softmax.compute(DEFAULT_LOSS, outputs, Int32Array.of(0, 2)).gradients;
    assert.deepEqual(Object.keys(gradients), [...LOSSES.softmax.reads]);
    for (const name of LOSSES.softmax.reads) assert.equal(gradients[name]!.length, outputs[name].length);
  });
});
