import assert from 'node:assert/strict';
import { argmax, softmax } from '../../src/core/softmax.js';

describe('softmax', () => {
  it('gives NumPy’s values, and the same for scores that are all larger by as much', () => {
    // np.exp(x) / np.exp(x).sum() for x = [1, 2, 3] in float64
    const expected = [0.09003057317038046, 0.24472847105479767, 0.6652409557748219];
    for (const shift of [0, 1000, -1000]) {
      const got = softmax(Float32Array.of(1 + shift, 2 + shift, 3 + shift));
      expected.forEach((value, i) => assert.ok(Math.abs(got[i]! - value) < 1e-7, `${shift}: ${got[i]!}`));
    }
  });

  it('argmax takes the first of equal scores', () => {
    assert.equal(argmax(Float32Array.of(1, 3, 3)), 1);
    assert.equal(argmax(Float32Array.of(-2, -1)), 1);
  });
});
