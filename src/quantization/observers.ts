import { quantizerOf } from '../core/fakeQuantize.js';
import type { ObserverName } from '../protocol/quantizationOptions.js';

// How a range is chosen from what was seen. Every way takes in zero.

/** Values counted in bins of equal width between two limits. */
export interface Histogram {
  readonly limits: readonly [number, number];
  readonly counts: Float64Array;
}

export type Range = readonly [min: number, max: number];

/** What lies outside with `percentile`, on both sides together. */
const OUTSIDE = 1e-4;
/** Ranges that the two searches try: from the whole one down to a fifth of it. */
const CANDIDATES = 60;
const SMALLEST = 0.2;

/** The range of a histogram by one of the observers that need one. */
export function rangeOfHistogram(
  observer: Exclude<ObserverName, 'movingAverage'>,
  histogram: Histogram,
  bits: number,
): Range {
  switch (observer) {
    case 'percentile':
      return percentileRange(histogram, OUTSIDE);
    case 'meanSquaredError':
      return smallest(histogram, (range) => squaredError(histogram, range, bits));
    case 'entropy':
      return smallest(histogram, (range) => divergence(histogram, range, bits));
  }
}

/** Leaves the same share of the values outside on either side; none on a side where everything is zero or beyond it. */
export function percentileRange({ limits, counts }: Histogram, outside: number): Range {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const edge = (i: number) => limits[0] + ((limits[1] - limits[0]) * i) / counts.length;
  let [first, last] = [0, counts.length];
  for (let below = 0; first < last - 1 && below + counts[first]! <= (total * outside) / 2; first++)
    below += counts[first]!;
  for (let above = 0; last > first + 1 && above + counts[last - 1]! <= (total * outside) / 2; last--)
    above += counts[last - 1]!;
  return withZero(edge(first), edge(last));
}

function withZero(min: number, max: number): Range {
  return [Math.min(0, min), Math.max(0, max)];
}

/** The candidate that costs least; of equals the wider one. */
function smallest({ limits }: Histogram, costOf: (range: Range) => number): Range {
  let best = withZero(...limits);
  let least = costOf(best);
  for (let i = 1; i < CANDIDATES; i++) {
    const share = 1 - ((1 - SMALLEST) * i) / (CANDIDATES - 1);
    const range: Range = [best[0] === 0 ? 0 : withZero(...limits)[0] * share, withZero(...limits)[1] * share];
    const cost = costOf(range);
    if (cost >= least) continue;
    [best, least] = [range, cost];
  }
  return best;
}

/** Σ (x − quantized x)² with the middle of a bin for its values. A value inside the range is off by a twelfth of a squared step. */
function squaredError({ limits, counts }: Histogram, range: Range, bits: number): number {
  const { scale, minimum, maximum } = quantizerOf(range[0], range[1], bits);
  const width = (limits[1] - limits[0]) / counts.length;
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    const x = limits[0] + (i + 0.5) * width;
    const beyond = x < minimum ? minimum - x : x > maximum ? x - maximum : 0;
    sum += counts[i]! * (beyond > 0 ? beyond ** 2 : scale ** 2 / 12);
  }
  return sum;
}

/**
 * Kullback-Leibler divergence of the values' distribution from what is left of it with the levels of the range (Migacz
 * 2017): what lies beyond counts at the ends, and inside a level its values are taken for spread evenly over the bins that
 * had any.
 */
function divergence({ limits, counts }: Histogram, range: Range, bits: number): number {
  const { scale, minimum } = quantizerOf(range[0], range[1], bits);
  const levels = 2 ** bits;
  const width = (limits[1] - limits[0]) / counts.length;
  const levelOf = (i: number) => {
    const level = Math.floor((limits[0] + (i + 0.5) * width - minimum) / scale + 0.5);
    return Math.max(0, Math.min(levels - 1, level));
  };
  const inside = (i: number) => {
    const x = limits[0] + (i + 0.5) * width;
    return x >= range[0] && x <= range[1];
  };
  // The reference is clipped as well: its outermost bins inside the range carry what lies beyond them.
  const reference = new Float64Array(counts.length);
  let [first, last] = [0, counts.length - 1];
  while (first < last && !inside(first)) first++;
  while (last > first && !inside(last)) last--;
  counts.forEach((count, i) => (reference[Math.max(first, Math.min(last, i))]! += count));
  const masses = new Float64Array(levels);
  const bins = new Float64Array(levels);
  for (let i = first; i <= last; i++) {
    const level = levelOf(i);
    masses[level]! += counts[i]!;
    if (reference[i]! > 0) bins[level]! += 1;
  }
  const total = reference.reduce((sum, count) => sum + count, 0);
  const kept = masses.reduce((sum, mass) => sum + mass, 0);
  let sum = 0;
  for (let i = first; i <= last; i++) {
    if (reference[i] === 0) continue;
    const p = reference[i]! / total;
    const level = levelOf(i);
    const q = masses[level]! / bins[level]! / kept;
    sum += p * Math.log(p / Math.max(q, 1e-12));
  }
  return sum;
}
