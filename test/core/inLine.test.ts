import assert from 'node:assert/strict';
import { inLine } from '../../src/core/inLine.js';

describe('a place in a queue', () => {
  it('is said as people count', () => {
    const ends = [1, 2, 3, 4, 10, 11, 12, 13, 14, 21, 22, 23, 100, 101, 111, 112].map((n) => inLine(n).split(' ')[0]);
    assert.deepEqual(ends.join(' '), '1st 2nd 3rd 4th 10th 11th 12th 13th 14th 21st 22nd 23rd 100th 101st 111th 112th');
  });
});
