import assert from 'node:assert/strict';
import { rowsAlike, spreadOf } from '../../src/core/spread.js';

const rowsOf = (...rows: readonly (readonly number[])[]) => {
  const length = rows[0]!.length;
  return spreadOf(Float32Array.from(rows.flat()), { rows: rows.length, length, row: length, value: 1 });
};

describe('spreadOf', () => {
  it('is 0 of vectors that are alike, and of zeros', () => {
    assert.equal(rowsOf([3, 4], [3, 4], [3, 4]), 0);
    assert.equal(rowsOf([0, 0], [0, 0]), 0);
  });

  it('is 1 of vectors around zero', () => {
    assert.equal(rowsOf([1, 0], [-1, 0]), 1);
  });

  it('is what NumPy computes: sqrt(((x - x.mean(0)) ** 2).sum() / (x ** 2).sum())', () => {
    // x = [[1, 2, 3], [2, 4, 4], [0, 1, 8]]
    assert.ok(Math.abs(rowsOf([1, 2, 3], [2, 4, 4], [0, 1, 8]) - 0.423922) < 1e-6);
  });

  it('reads columns as well', () => {
    const columns = Float32Array.of(1, 2, 0, 2, 4, 1, 3, 4, 8); // the same, one vector a column
    assert.ok(Math.abs(spreadOf(columns, { rows: 3, length: 3, row: 1, value: 3 }) - 0.423922) < 1e-6);
  });

  it('is near 1 of two orthogonal vectors in many', () => {
    const one = (at: number) => Array.from({ length: 64 }, (_, i) => (i === at ? 1 : 0));
    assert.ok(Math.abs(rowsOf(...Array.from({ length: 64 }, (_, i) => one(i))) - Math.sqrt(63 / 64)) < 1e-12);
  });
});

describe('rowsAlike', () => {
  const alike = (...rows: readonly (readonly number[])[]) => {
    const layout = { rows: rows.length, length: 2, row: 2, value: 1 };
    return rowsAlike(Float32Array.from(rows.flat()), layout, 0.99);
  };

  it('are those of one direction, however long, and of the most of these', () => {
    assert.deepEqual(alike([1, 0], [0, 1], [0, 5], [1, 1], [0.01, 1]), [1, 2, 4]);
    assert.deepEqual(alike([1, 0], [-1, 0]), [0]);
  });

  it('are zeros too, though not with what has a direction', () => {
    assert.deepEqual(alike([1, 0], [0, 0], [0, 0]), [1, 2]);
  });
});
