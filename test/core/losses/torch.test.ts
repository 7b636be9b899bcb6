import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { LossRamp, OutputName } from '../../../src/core/losses/loss.js';
import { LossSum, type TrainingLoss } from '../../../src/core/losses/lossSum.js';

/** What test/reference/make_losses_torch.py says of each loss. */
interface Reference {
  readonly targets: readonly number[];
  readonly cases: readonly {
    readonly loss: TrainingLoss;
    readonly labels: readonly number[];
    readonly ramp?: LossRamp;
    readonly outputs: Partial<Record<OutputName, readonly number[]>>;
    readonly lossSum: number;
    /** Of the mean over the rows. */
    readonly gradients: Partial<Record<OutputName, readonly number[]>>;
  }[];
}

const reference = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../../reference/losses_torch.json'), 'utf8'),
) as Reference;

describe('losses against PyTorch', () => {
  const targets = Float32Array.from(reference.targets);

  for (const { loss, labels, ramp, outputs, lossSum, gradients } of reference.cases)
    it(`${JSON.stringify({ ...ramp, loss })} and its gradients are those of PyTorch in float64`, () => {
      const values = {
        ...(outputs.embedding && { embedding: Float32Array.from(outputs.embedding) }),
        ...(outputs.scores && { scores: Float32Array.from(outputs.scores) }),
      };
      const own = new LossSum(loss).compute(values, Int32Array.from(labels), { targets, ...(ramp && { ramp }) });
      assert.ok(Math.abs(own.lossSum - lossSum) < 1e-9 * lossSum, `${own.lossSum} against ${lossSum}`);
      assert.deepEqual(Object.keys(own.gradients).sort(), Object.keys(gradients).sort());
      const terms = 'kind' in loss ? 1 : loss.length;
      for (const name of Object.keys(gradients) as OutputName[]) {
        // Ours is rounded to float32, each term and the sum: half of the last bit. Where the target lies along the embedding, what is
        // left of the difference of two numbers of the gradient's size is of the last bit of float64.
        const largest = Math.max(...gradients[name]!.map(Math.abs));
        gradients[name]!.forEach((expected, i) => {
          const actual = own.gradients[name]![i]!;
          const tolerance = 6.1e-8 * terms * Math.abs(expected) + (name === 'embedding' ? 1e-14 * largest : 1e-30);
          assert.ok(Math.abs(actual - expected) <= tolerance, `${name} ${i}: ${actual} against ${expected}`);
        });
      }
    });
});
