import assert from 'node:assert/strict';
import { adaCosScale } from '../../src/core/losses/adaCos.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { settledFor } from '../../src/training/logitScale.js';
import { lossRampAt } from '../../src/training/lossRamp.js';

describe('the scale that fits the number of people', () => {
  it('is √2 · ln(people − 1), as for eleven where there are fewer', () => {
    // By hand: ln 157 = 5.0562458, ln 10574 = 9.2661535, ln 10 = 2.3025851.
    for (const [people, scale] of [
      [158, 7.1506114],
      [10_575, 13.1043199],
      [11, 3.2563471],
      [2, 3.2563471],
    ] as const)
      assert.ok(Math.abs(adaCosScale(people) - scale) < 1e-6, `${people}: ${adaCosScale(people)}`);
  });

  it('is that of auto, and no other', () => {
    const options = trainingOptions.parse({ dataset: '/d' });
    assert.equal(settledFor(158, options).logitScale, 32);
    assert.equal(settledFor(158, { ...options, logitScale: 'auto' }).logitScale, adaCosScale(158));
  });
});

describe('lossRampAt', () => {
  const options = trainingOptions.parse({ dataset: '/d', lossRamp: 0.5, logitScale: 32 });

  it('takes the margin from none and the scale from that of the people, in a line over a share of the run', () => {
    const begin = adaCosScale(158) / 32;
    assert.deepEqual(lossRampAt(options, 158, 0, 100), { scale: begin, margin: 0 });
    assert.deepEqual(lossRampAt(options, 158, 25, 100), { scale: begin + (1 - begin) / 2, margin: 0.5 });
    assert.ok(lossRampAt(options, 158, 49, 100)!.margin === 49 / 50);
    for (const step of [50, 51, 99, 1e6]) assert.equal(lossRampAt(options, 158, step, 100), undefined);
  });

  it('leaves a scale that is no greater as it is', () => {
    for (const logitScale of ['auto', 5] as const)
      assert.deepEqual(lossRampAt({ ...options, logitScale }, 158, 10, 100), { scale: 1, margin: 0.2 });
  });

  it('is none without a share, or without steps', () => {
    assert.equal(lossRampAt({ ...options, lossRamp: 0 }, 158, 0, 100), undefined);
    assert.equal(lossRampAt(options, 158, 0, 0), undefined);
  });
});
