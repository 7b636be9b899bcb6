import assert from 'node:assert/strict';
import { followColumns } from '../../src/training/followColumns.js';

describe('followColumns', () => {
  it('takes a tenth of the way to each picture of its person, and keeps the length', () => {
    // Two people, [people, E]: (4, 0) and (0, 4).
    const columns = Float32Array.of(4, 0, 0, 4);
    const followed = followColumns(columns, 2, Float32Array.of(0, 1), Int32Array.of(0), 4);
    const length = Math.hypot(0.9, 0.1);
    const expected = [(4 * 0.9) / length, (4 * 0.1) / length, 0, 4];
    expected.forEach((v, i) => assert.ok(Math.abs(followed[i]! - v) < 1e-6, followed.join()));
    assert.deepEqual([...columns], [4, 0, 0, 4], 'a copy');
  });

  it('comes to where its pictures are', () => {
    let columns: Float32Array = Float32Array.of(4, 0, 0, 4);
    for (let i = 0; i < 100; i++)
      columns = followColumns(columns, 2, Float32Array.of(0.6, 0.8, 0.6, 0.8), Int32Array.of(0, 0), 4);
    [2.4, 3.2, 0, 4].forEach((v, i) => assert.ok(Math.abs(columns[i]! - v) < 1e-4, columns.join()));
  });
});
