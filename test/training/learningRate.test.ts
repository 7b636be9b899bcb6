import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { learningRateAt } from '../../src/training/learningRate.js';

type Rates = readonly number[];

const torch = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '..', 'reference', 'schedules_torch.json'), 'utf8'),
) as { readonly base: number } & Readonly<Record<string, Rates>>;

/** Six epochs of ten steps. */
const rates = (options: Partial<TrainingOptionsInput>): number[] => {
  const whole = trainingOptions.parse({ dataset: '/d', learningRate: torch.base, epochs: 6, ...options });
  return Array.from({ length: 60 }, (_, i) => learningRateAt(whole, i + 1, 10));
};

describe('the learning rate', () => {
  const cases: readonly [name: string, options: Partial<TrainingOptionsInput>][] = [
    ['cosine', { schedule: 'cosine' }],
    ['steps', { schedule: 'steps', decayEpochs: [2, 4, 5], decayFactor: 0.3 }],
    ['warmup', { warmupEpochs: 1.5 }],
    ['warmupCosine', { warmupEpochs: 1.5, schedule: 'cosine' }],
    ['headWarmupCosine', { headEpochs: 2, warmupEpochs: 0.5, schedule: 'cosine' }],
    ['warmupSteps', { warmupEpochs: 2, schedule: 'steps', decayEpochs: [3, 5] }],
  ];
  for (const [name, options] of cases)
    it(`is that of PyTorch's schedulers at every step: ${name}`, () => {
      const wished = torch[name]!;
      rates(options).forEach((rate, i) => {
        // PyTorch multiplies the rate of the step before, sixty times; float64 has sixteen digits.
        const off = Math.abs(rate - wished[i]!);
        assert.ok(off <= 1e-13 * torch.base, `step ${i + 1}: ${rate}, PyTorch ${wished[i]}`);
      });
    });

  it('is constant while the head trains alone, and where no schedule is', () => {
    assert.deepEqual(rates({ schedule: 'cosine', headEpochs: 2 }).slice(0, 21), Array<number>(21).fill(torch.base));
    assert.deepEqual(rates({}), Array<number>(60).fill(torch.base));
    assert.deepEqual(rates({ schedule: 'cosine', headEpochs: 9 }), Array<number>(60).fill(torch.base));
  });

  it('goes down over the whole run where the head is all that trains', () => {
    const half = rates({ schedule: 'cosine', frozen: true, headEpochs: 3 })[30]!;
    assert.ok(Math.abs(half - torch.base / 2) < 1e-9, `${half}`);
  });

  it('falls behind epochs in whatever order they are named, and never where none is', () => {
    const options = { schedule: 'steps', decayFactor: 0.5 } as const;
    assert.deepEqual(rates({ ...options, decayEpochs: [4, 1] }), rates({ ...options, decayEpochs: [1, 4] }));
    assert.deepEqual(rates(options), rates({}));
  });

  it('grows over a warm-up that is longer than the run', () => {
    const found = rates({ warmupEpochs: 12, schedule: 'cosine' });
    assert.ok(found.every((rate, i) => Math.abs(rate - (torch.base * (i + 1)) / 120) < 1e-15));
  });
});
