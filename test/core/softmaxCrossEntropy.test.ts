import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { softmaxCrossEntropy } from '../../src/core/softmaxCrossEntropy.js';

describe('softmaxCrossEntropy', () => {
  it('has the gradient of its loss (central differences, step 2^-10, float64 sums)', () => {
    const random = Random.fromSeed(5);
    const [rows, classes] = [3, 5];
    const logits = Float32Array.from({ length: rows * classes }, () => random.between(-4, 4));
    const labels = Int32Array.from([4, 0, 2]);
    const { gradient } = softmaxCrossEntropy(logits, labels, classes);
    for (let i = 0; i < logits.length; i++) {
      const at = (delta: number) => {
        const moved = logits.slice();
        moved[i] = moved[i]! + delta;
        // What float32 made of the step is what counts.
        return { loss: softmaxCrossEntropy(moved, labels, classes).lossSum / rows, x: moved[i]! };
      };
      const [up, down] = [at(2 ** -10), at(-(2 ** -10))];
      const numeric = (up.loss - down.loss) / (up.x - down.x);
      assert.ok(Math.abs(numeric - gradient[i]!) < 1e-6, `logit ${i}: ${numeric} against ${gradient[i]}`);
    }
  });

  it('is ln(classes) for equal logits and sums to zero gradient in each row', () => {
    const { lossSum, gradient } = softmaxCrossEntropy(new Float32Array(8).fill(3), Int32Array.from([1, 3]), 4);
    assert.ok(Math.abs(lossSum - 2 * Math.log(4)) < 1e-12);
    for (const row of [0, 1]) assert.ok(Math.abs(gradient.slice(4 * row, 4 * row + 4).reduce((a, b) => a + b)) < 1e-7);
  });

  it('overflows for no finite logits', () => {
    const { lossSum, gradient, correct } = softmaxCrossEntropy(
      Float32Array.from([3e38, -3e38]),
      Int32Array.from([1]),
      2,
    );
    assert.ok(Number.isFinite(lossSum) && lossSum > 5e38);
    assert.deepEqual([...gradient], [1, -1]);
    assert.equal(correct, 0);
  });

  it('counts the rows whose largest logit is the label’s; the lower class wins a tie', () => {
    assert.equal(softmaxCrossEntropy(Float32Array.from([1, 1, 0, 0, 2, 2]), Int32Array.from([0, 2]), 3).correct, 1);
  });

  it('refuses labels and lengths that do not fit', () => {
    assert.throws(() => softmaxCrossEntropy(new Float32Array(4), Int32Array.from([0, 2]), 2), /label 2 of row 1/);
    assert.throws(
      () => softmaxCrossEntropy(new Float32Array(5), Int32Array.from([0, 1]), 2),
      /5 values, expected 2 x 2/,
    );
  });
});
