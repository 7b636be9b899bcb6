import assert from 'node:assert/strict';
import { isOutOfPatience } from '../../src/training/patience.js';

const options = { patience: 3, headEpochs: 0, frozen: false };

describe('the patience of a run', () => {
  it('ends so many epochs behind the best one', () => {
    const ends = (best: number) =>
      [1, 2, 3, 4, 5, 6, 7, 8].find((e) => isOutOfPatience(options, e, { epoch: best }, 0));
    assert.deepEqual([1, 3, 5].map(ends), [4, 6, 8]);
  });

  it('is not renewed by an epoch that is as good', () => {
    assert.ok(isOutOfPatience(options, 4, { epoch: 4, improved: 1 }, 0));
    assert.ok(!isOutOfPatience(options, 4, { epoch: 4, improved: 2 }, 0));
  });

  it('is endless where nobody asks for it, and while there is no best', () => {
    assert.ok(!isOutOfPatience({ ...options, patience: 0 }, 900, { epoch: 1 }, 0));
    assert.ok(!isOutOfPatience(options, 900, undefined, 0));
  });

  it('begins behind the epochs of the last layer alone, but for a network that stays frozen', () => {
    const head = { ...options, headEpochs: 5 };
    assert.ok(!isOutOfPatience(head, 7, { epoch: 1 }, 0));
    assert.ok(isOutOfPatience(head, 8, { epoch: 1 }, 0));
    assert.ok(isOutOfPatience({ ...head, frozen: true }, 4, { epoch: 1 }, 0));
  });

  it('begins anew where somebody says to go on', () => {
    assert.ok(!isOutOfPatience(options, 6, { epoch: 1 }, 4));
    assert.ok(isOutOfPatience(options, 7, { epoch: 1 }, 4));
  });
});
