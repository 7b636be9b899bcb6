import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gaussian, sigmaOf } from '../../webview/gaussian.js';

// Made by SciPy: test/reference/make_gaussian.py.
const { values, means } = JSON.parse(
  fs.readFileSync(path.resolve(import.meta.dirname, '../reference/gaussian.json'), 'utf8'),
) as { values: number[]; means: Record<string, number[]> };

const binsOf = (line: readonly number[]) => ({ length: line.length, count: () => 1, sum: (i: number) => line[i]! });

describe('gaussian', () => {
  it('smooths as SciPy does, also a part of a line, whose surroundings count', () => {
    for (const [sigma, expected] of Object.entries(means)) {
      const ours = gaussian(binsOf(values), 0, values.length, Number(sigma));
      // Sums of at most 90 values of about 1 in float64.
      expected.forEach((y, i) =>
        assert.ok(Math.abs(ours[i]! - y) < 1e-13, `sigma ${sigma}, ${i}: ${ours[i]!}, not ${y}`),
      );
      assert.deepEqual(gaussian(binsOf(values), 31, 20, Number(sigma)), ours.slice(31, 51));
    }
  });

  it('leaves a line as it is where it would hardly change it', () => {
    for (const sigma of [0, 0.49]) assert.deepEqual([...gaussian(binsOf(values), 0, 90, sigma)], values);
  });

  it('lags behind nothing: a straight slope stays where it is, a jump is half there in its middle', () => {
    const slope = Array.from({ length: 200 }, (_, i) => i);
    for (const [i, y] of gaussian(binsOf(slope), 40, 120, 6).entries()) assert.ok(Math.abs(y - (40 + i)) < 1e-9);
    const jump = Array.from({ length: 201 }, (_, i) => (i < 100 ? 0 : i === 100 ? 0.5 : 1));
    assert.ok(Math.abs(gaussian(binsOf(jump), 100, 1, 6)[0]! - 0.5) < 1e-12);
  });

  it('counts a bin by its points', () => {
    const bins = { length: 2, count: (i: number) => [8, 2][i]!, sum: (i: number) => [8, 4][i]! };
    // Bins of mean 1 and 2 side by side, sigma 1: (8 + 4w) / (8 + 2w) with w = exp(-1/2).
    const w = Math.exp(-0.5);
    assert.ok(Math.abs(gaussian(bins, 0, 1, 1)[0]! - (8 + 4 * w) / (8 + 2 * w)) < 1e-15);
  });
});

describe('sigmaOf', () => {
  it('is a share of what is shown that grows with the scale', () => {
    assert.equal(sigmaOf(0, 1000), 0);
    assert.equal(sigmaOf(0.5, 0), 0);
    // 1024 = 2^10 is a step of its own; a quarter of a tenth of it.
    assert.equal(sigmaOf(0.5, 1024), 25.6);
    for (let smoothing = 0.01; smoothing < 1; smoothing += 0.01)
      assert.ok(sigmaOf(smoothing, 500) > sigmaOf(smoothing - 0.01, 500));
  });

  it('changes twice while what is shown doubles, and stays near to its share', () => {
    const widths = Array.from({ length: 1000 }, (_, i) => 1001 + i);
    const sigmas = widths.map((width) => sigmaOf(0.99, width));
    assert.equal(new Set(sigmas).size, 3, [...new Set(sigmas)].join());
    sigmas.forEach((sigma, i) => {
      const share = sigma / widths[i]! / (0.1 * 0.99 ** 2);
      assert.ok(share > Math.SQRT1_2 - 1e-9 && share <= 1, `${widths[i]!}: ${share}`);
    });
  });
});
