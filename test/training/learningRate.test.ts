import assert from 'node:assert/strict';
import { trainingOptions } from '../../src/protocol/options.js';
import { learningRateAt } from '../../src/training/learningRate.js';

describe('learningRateAt', () => {
  const options = trainingOptions.parse({
    dataset: '/d',
    learningRate: 1,
    schedule: 'cosine',
    epochs: 4,
    headEpochs: 1,
  });

  it('is constant while the head trains alone, then half a cosine wave down to zero', () => {
    const rates = Array.from({ length: 40 }, (_, i) => learningRateAt(options, i + 1, 10));
    assert.deepEqual(rates.slice(0, 11), Array<number>(11).fill(1));
    assert.ok(Math.abs(rates[25]! - 0.5) < 1e-9);
    assert.ok(rates.slice(11).every((rate, i) => rate < rates[10 + i]!) && rates[39]! > 0 && rates[39]! < 0.01);
  });

  it('goes down over the whole run where the head is all that trains', () => {
    assert.ok(Math.abs(learningRateAt({ ...options, frozen: true }, 21, 10) - 0.5) < 1e-9);
    assert.equal(learningRateAt({ ...options, schedule: 'constant' }, 39, 10), 1);
    assert.equal(learningRateAt({ ...options, headEpochs: 9 }, 39, 10), 1);
  });
});
