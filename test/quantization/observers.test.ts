import assert from 'node:assert/strict';
import { fakeQuantizeValue, quantizerOf } from '../../src/core/fakeQuantize.js';
import { Random } from '../../src/core/random.js';
import { percentileRange, rangeOfHistogram, type Histogram } from '../../src/quantization/observers.js';

function histogramOf(values: readonly number[], limits: readonly [number, number], bins = 2048): Histogram {
  const counts = new Float64Array(bins);
  for (const x of values) {
    const bin = Math.floor(((x - limits[0]) / (limits[1] - limits[0])) * bins);
    counts[Math.max(0, Math.min(bins - 1, bin))]! += 1;
  }
  return { limits, counts };
}

/** A bell of 20,000 values around 0, and ten far outside of it. */
function bellWithOutliers(): number[] {
  const random = Random.fromSeed(4);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  return [...Array.from({ length: 20_000 }, normal), ...Array.from({ length: 10 }, () => random.between(40, 50))];
}

function meanSquaredError(values: readonly number[], range: readonly [number, number], bits: number): number {
  const q = quantizerOf(range[0], range[1], bits);
  return values.reduce((sum, x) => sum + (x - fakeQuantizeValue(x, q)) ** 2, 0) / values.length;
}

describe('observers', () => {
  const values = bellWithOutliers();
  const limits = [-5, 50] as const;
  const histogram = histogramOf(values, limits);

  it('percentile leaves the wished share outside, and outliers with it', () => {
    const [min, max] = percentileRange(histogram, 2e-3);
    const outside = values.filter((x) => x < min || x > max).length / values.length;
    assert.ok(outside > 0.5e-3 && outside < 2.5e-3, `${outside}`);
    assert.ok(max < 40, `${max}`);
    assert.deepEqual(percentileRange(histogramOf([0, 0, 3], [0, 3]), 0), [0, 3]);
  });

  it('mean squared error finds a range that is near the best of a plain search over ranges', () => {
    for (const bits of [4, 8]) {
      const range = rangeOfHistogram('meanSquaredError', histogram, bits);
      const found = meanSquaredError(values, range, bits);
      const plain = Array.from({ length: 50 }, (_, i) => 1 - i * 0.016).map((share) =>
        meanSquaredError(values, [-5 * share, 50 * share], bits),
      );
      assert.ok(found <= 1.05 * Math.min(...plain), `${bits} bits: ${found} against ${Math.min(...plain)}`);
    }
  });

  it('entropy clips few far values for the sake of many near ones, and nothing of an even spread', () => {
    const [, max] = rangeOfHistogram('entropy', histogram, 4);
    assert.ok(max < 25, `${max}`);
    const even = histogramOf(
      Array.from({ length: 50_000 }, (_, i) => i / 50_000),
      [0, 1],
    );
    const [low, high] = rangeOfHistogram('entropy', even, 8);
    assert.ok(low === 0 && high > 0.95, `${low} ${high}`);
  });

  it('take in zero, whatever side the values are on', () => {
    for (const observer of ['percentile', 'meanSquaredError', 'entropy'] as const) {
      const [min] = rangeOfHistogram(observer, histogramOf([2, 3, 3, 4], [2, 4]), 8);
      const [, max] = rangeOfHistogram(observer, histogramOf([-2, -3, -3, -4], [-4, -2]), 8);
      assert.equal(min, 0, observer);
      assert.equal(max, 0, observer);
    }
  });
});
