// The regularized incomplete beta function I_x(a, b) and its inverse, by which all bounds here are had.

const EPSILON = 2 ** -53;
/** The continued fraction takes about sqrt(max(a, b)) steps; this is for a million trials and some. */
const MOST_STEPS = 100_000;

/** ln Γ(x) for x > 0, by Lanczos' sum (g = 7, nine terms), to 1e-14 of its size or of 1. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const sum = terms.reduce((total, term, i) => total + term / (x + i), 0.99999999999980993);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * I_x(a, b) for a, b > 0: the probability that a beta variable is at most x.
 * The continued fraction by Lentz' method (DiDonato and Morris 1992, equation 10, in the form of Abramowitz and Stegun 26.5.8).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  return x <= (a + 1) / (a + b + 2) ? leftPart(x, a, b) : 1 - leftPart(1 - x, b, a);
}

function leftPart(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const awayFromZero = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) <= EPSILON) break;
  }
  return (weight(x, a, b) / a) * fraction;
}

/**
 * x^a (1 − x)^b / B(a, b), as a binomial probability by Loader's saddle point (Fast and accurate computation of binomial
 * probabilities, 2000): logarithms of gamma functions would lose ten digits at a million trials.
 */
function weight(x: number, a: number, b: number): number {
  const n = a + b;
  const exponent =
    stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * (1 - x));
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(exponent);
}

/** ln Γ(n + 1) minus Stirling's formula. */
function stirlingError(n: number): number {
  if (n < 16) return logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
}

/** n ln(n / m) + m − n, without cancellation where the two are close. */
function deviance(n: number, m: number): number {
  if (Math.abs(n - m) >= 0.1 * (n + m)) return n * Math.log(n / m) + m - n;
  const v = (n - m) / (n + m);
  let sum = (n - m) * v;
  let term = 2 * n * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** The x at which I_x(a, b) = p, by Newton's method inside a bracket that is halved wherever a step leaves it. */
export function inverseIncompleteBeta(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let [low, high] = [0, 1];
  let x = a / (a + b);
  for (let step = 0; step < 200; step++) {
    const off = incompleteBeta(x, a, b) - p;
    if (off > 0) high = x;
    else low = x;
    let next = x - (off * x * (1 - x)) / weight(x, a, b);
    // Halved by the logarithm near zero, where half of the way would be no step at all.
    if (!(next > low && next < high)) next = low > 0 && high > 4 * low ? Math.sqrt(low * high) : (low + high) / 2;
    if (Math.abs(next - x) <= 4 * EPSILON * next) return next;
    x = next;
  }
  return x;
}
