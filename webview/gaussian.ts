/** How far the weights reach, in standard deviations; beyond, they are below 0.0004 of the middle's. */
const REACH = 4;
/** A narrower Gaussian leaves a line as it is: nearly all of its weight lies on one point. */
const NARROWEST = 0.5;
/** The standard deviation at the end of the scale, as a share of what is shown. */
const WIDEST = 0.1;

/** Neighbours taken together, from 0 on: how many points each has, and their sum. */
export interface Bins {
  readonly length: number;
  count(bin: number): number;
  sum(bin: number): number;
}

/**
 * Means around each of `many` bins from `first` on, weighted by a Gaussian that lies in the middle, so that they lag behind nothing. At
 * the ends of the line they are means of what is there.
 *
 * @param sigma the standard deviation, in bins
 */
export function gaussian(bins: Bins, first: number, many: number, sigma: number): Float64Array {
  // As SciPy's `gaussian_filter1d` rounds it.
  const radius = sigma < NARROWEST ? 0 : Math.min(bins.length, Math.floor(REACH * sigma + 0.5));
  const weights = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp((-i * i) / (2 * sigma * sigma)));
  weights[0] = 1;
  const begin = Math.max(0, first - radius);
  const end = Math.min(bins.length, first + many + radius);
  const sums = Float64Array.from({ length: end - begin }, (_, i) => bins.sum(begin + i));
  const counts = Float64Array.from({ length: end - begin }, (_, i) => bins.count(begin + i));
  return Float64Array.from({ length: many }, (_, i) => {
    const middle = first + i - begin;
    let [sum, weight] = [0, 0];
    for (let j = Math.max(0, middle - radius); j <= Math.min(end - begin - 1, middle + radius); j++) {
      const near = weights[Math.abs(j - middle)]!;
      sum += near * sums[j]!;
      weight += near * counts[j]!;
    }
    return sum / weight;
  });
}

/**
 * How wide the Gaussian is for a place on the scale of smoothing: up to a tenth of what is shown, with small widths spread out. While a
 * run grows, what is shown does too; its width counts in steps of a half octave (1, 1.4, 2, …), so that the past stays as it is
 * drawn for most of the time.
 *
 * @param smoothing 0 to 0.99
 * @param width of what is shown, in points
 * @returns the standard deviation, in points
 */
export function sigmaOf(smoothing: number, width: number): number {
  if (width < 1) return 0;
  return WIDEST * smoothing ** 2 * 2 ** (Math.floor(2 * Math.log2(width)) / 2);
}
