import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { computeLoss, type Loss } from '../../../src/core/losses/losses.js';

/** What test/reference/make_losses_torch.py says of each loss. */
interface Reference {
  readonly labels: readonly number[];
  readonly cases: readonly {
    readonly loss: Loss;
    readonly scores: readonly number[];
    readonly lossSum: number;
    /** Of the mean over the rows. */
    readonly gradient: readonly number[];
  }[];
}

const reference = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../../reference/losses_torch.json'), 'utf8'),
) as Reference;

describe('losses against PyTorch', () => {
  const labels = Int32Array.from(reference.labels);

  for (const { loss, scores, lossSum, gradient } of reference.cases)
    it(`${JSON.stringify(loss)} and its gradient are those of PyTorch in float64`, () => {
      const own = computeLoss(loss, { scores: Float32Array.from(scores) }, labels);
      assert.ok(Math.abs(own.lossSum - lossSum) < 1e-9 * lossSum, `${own.lossSum} against ${lossSum}`);
      // Ours is rounded to float32: half of its last bit.
      gradient.forEach((expected, i) => {
        const actual = own.gradients.scores![i]!;
        const tolerance = 6.1e-8 * Math.abs(expected) + 1e-30;
        assert.ok(Math.abs(actual - expected) <= tolerance, `score ${i}: ${actual} against ${expected}`);
      });
    });
});
