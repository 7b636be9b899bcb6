import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { jacobi, principalComponents } from '../../src/evaluation/principalComponents.js';
import { normal } from './people.js';
import { reference } from './reference.js';

describe('principal components', () => {
  const { values, channels, explained, directions, projections } = reference.components;

  it("are NumPy's, up to the sign", () => {
    const found = principalComponents(Float32Array.from(values), channels, channels);
    assert.equal(found.length, channels);
    directions.forEach((expected, c) => {
      assert.ok(Math.abs(found.explained[c]! - explained[c]!) < 1e-6, `variance of ${c}`);
      const actual = found.directions.subarray(c * channels, (c + 1) * channels);
      const sign = Math.sign(actual.reduce((sum, v, k) => sum + v * expected[k]!, 0));
      actual.forEach((v, k) => assert.ok(Math.abs(v - sign * expected[k]!) < 1e-6, `direction ${c}, ${k}: ${v}`));
      projections.forEach((row, r) => {
        const v = found.projections[r * channels + c]!;
        assert.ok(Math.abs(v - sign * row[c]!) < 1e-4, `row ${r}, ${c}: ${v} for ${row[c]}`);
      });
      assert.ok(Math.max(...actual) === Math.max(...actual.map(Math.abs)), 'the largest entry is positive');
    });
  });

  it('of which two are wanted are the same as of all', () => {
    const two = principalComponents(Float32Array.from(values), channels, 2);
    const all = principalComponents(Float32Array.from(values), channels, channels);
    assert.equal(two.length, 2);
    for (let r = 0; r < values.length / channels; r++)
      for (let c = 0; c < 2; c++) {
        const [a, b] = [two.projections[r * 2 + c]!, all.projections[r * channels + c]!];
        assert.ok(Math.abs(a - b) < 1e-6, `${r}, ${c}: ${a}, ${b}`);
      }
  });

  it('of long rows are eigenvectors of their covariance', () => {
    const random = Random.fromSeed(1);
    const [rows, length] = [301, 50];
    const long = Float32Array.from({ length: rows * length }, (_, i) => normal(random) / (1 + (i % length)));
    const found = principalComponents(long, length, 6);
    const mean = Array.from({ length }, (_, k) => {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += long[r * length + k]!;
      return sum / rows;
    });
    const parts = (r: number, c: number) => found.projections[r * 6 + c]!;
    for (let c = 0; c < 6; c++)
      for (let k = 0; k < length; k++) {
        // The covariance times the direction is the mean of each row times its part along it.
        let [image, value] = [0, 0];
        for (let r = 0; r < rows; r++) {
          image += ((long[r * length + k]! - mean[k]!) * parts(r, c)) / rows;
          value += parts(r, c) ** 2 / rows;
        }
        const off = Math.abs(image - value * found.directions[c * length + k]!);
        assert.ok(off < (c < 2 ? 1e-6 : 2e-3), `${c}, ${k}: ${off}`);
      }
  });

  it('are there only where rows differ', () => {
    assert.equal(principalComponents(new Float32Array(0), 3, 2).length, 0);
    assert.equal(principalComponents(Float32Array.of(1, 2, 3), 3, 2).length, 0);
    assert.equal(principalComponents(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 2).length, 1);
    const same = principalComponents(
      Float32Array.from({ length: 12 }, (_, i) => i % 3),
      3,
      2,
    );
    assert.deepEqual([...same.projections], new Array(8).fill(0));
    assert.deepEqual(same.explained, [0, 0]);
  });

  it('do not depend on chance', () => {
    const once = principalComponents(Float32Array.from(values), channels, 3);
    assert.deepEqual(principalComponents(Float32Array.from(values), channels, 3), once);
  });
});

describe('the eigenvectors of a small matrix', () => {
  it('are found, equal eigenvalues included', () => {
    assert.deepEqual(jacobi([[2]]), { vectors: [[1]], values: [2] });
    const { values, vectors } = jacobi([
      [2, 1, 0],
      [1, 2, 0],
      [0, 0, 1],
    ]);
    [3, 1, 1].forEach((value, i) => assert.ok(Math.abs(values[i]! - value) < 1e-12));
    assert.ok(Math.abs(Math.abs(vectors[0]![0]!) - Math.SQRT1_2) < 1e-12 && Math.abs(vectors[0]![2]!) < 1e-12);
    assert.deepEqual(jacobi([]), { vectors: [], values: [] });
  });
});
