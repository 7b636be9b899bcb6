import { inverseIncompleteBeta } from './incompleteBeta.js';

/** Both ends are in. */
export type Interval = [low: number, high: number];

/** What `<value>Interval` means wherever nothing else is said. */
export const CONFIDENCE = 0.95;

/**
 * The least upper bound on a probability of which n trials showed k (Clopper and Pearson, Biometrika 1934): a larger one would
 * have shown so few with a probability of less than 1 - confidence. k and n need not be whole.
 */
export function upperBound(k: number, n: number, confidence = CONFIDENCE): number {
  if (k >= n) return 1;
  if (k <= 0) return -Math.expm1(Math.log(1 - confidence) / n);
  return inverseIncompleteBeta(confidence, k + 1, n - k);
}

/** The same from below. */
export function lowerBound(k: number, n: number, confidence = CONFIDENCE): number {
  if (k <= 0) return 0;
  if (k >= n) return Math.exp(Math.log(1 - confidence) / n);
  return inverseIncompleteBeta(1 - confidence, k, n - k + 1);
}

/** Clopper and Pearson's interval: half of the risk on either side. */
export function clopperPearson(k: number, n: number, confidence = CONFIDENCE): Interval {
  const oneSided = (1 + confidence) / 2;
  return [lowerBound(k, n, oneSided), upperBound(k, n, oneSided)];
}

/** Wilson's interval (1927): narrower, and right on average only; for drawing, not for claims. */
export function wilson(k: number, n: number, confidence = CONFIDENCE): Interval {
  if (n <= 0) return [0, 1];
  const square = normalQuantile((1 + confidence) / 2) ** 2;
  const share = k / n;
  const centre = (share + square / (2 * n)) / (1 + square / n);
  const half = Math.sqrt((share * (1 - share) * square) / n + (square / (2 * n)) ** 2) / (1 + square / n);
  return [k <= 0 ? 0 : centre - half, k >= n ? 1 : centre + half];
}

/** How many trials of which k showed it are needed before its upper bound is `share` or less: 299 for none and 0.01. */
export function trialsNeeded(k: number, share: number, confidence = CONFIDENCE): number {
  if (share >= 1) return k;
  let [low, high] = [k, Math.max(2 * k, 16)];
  while (upperBound(k, high, confidence) > share) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (upperBound(k, middle, confidence) > share) low = middle;
    else high = middle;
  }
  return high;
}

/** The largest k of 0 to n for which something holds that holds for all smaller ones; -1 for none. */
export function mostThat(n: number, holds: (k: number) => boolean): number {
  let [low, high] = [-1, n + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Where the standard normal distribution has p below it: Wichura's algorithm AS 241 (Applied Statistics 1988), to 1e-16. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  return Math.sign(q) * (r <= 5 ? ratio(FLANK, r - 1.6) : ratio(TAIL, r - 5));
}

/** Where Student's distribution has p below it. */
export function studentQuantile(p: number, degrees: number): number {
  if (p === 0.5) return 0;
  const x = inverseIncompleteBeta(2 * Math.min(p, 1 - p), degrees / 2, 0.5);
  return Math.sign(p - 0.5) * Math.sqrt((degrees * (1 - x)) / x);
}

type Polynomials = readonly [over: readonly number[], under: readonly number[]];
/** Coefficients from the constant up. */
const polynomial = (coefficients: readonly number[], x: number) =>
  coefficients.reduceRight((value, coefficient) => value * x + coefficient, 0);
const ratio = ([over, under]: Polynomials, x: number) => polynomial(over, x) / polynomial(under, x);

const CENTRE: Polynomials = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
];
const FLANK: Polynomials = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
];
const TAIL: Polynomials = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
];
