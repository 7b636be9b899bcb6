import { Random } from '../core/random.js';

export interface PrincipalComponents {
  /** How many: fewer than asked for where there are not so many directions. */
  readonly length: number;
  /** [rows, length]: of each row minus the mean, its part along each component. */
  readonly projections: Float64Array;
  /** [length, channels], each of length 1, its largest entry positive. */
  readonly directions: Float64Array;
  /** Share of the variance that each has, falling. */
  readonly explained: readonly number[];
}

/** More directions than are wanted go along: the last wanted then settle sooner. */
const SPARE = 8;
/** Between two steps of Rayleigh and Ritz, which cost more than a product with the matrix. */
const PRODUCTS_EACH_ROUND = 2;
const MOST_ROUNDS = 100;
/** How far the image of a component may be from it, as a part of the largest eigenvalue: of the two that are drawn, and of the others. */
const DRAWN = { count: 2, residual: 1e-8 };
const RESIDUAL = 1e-3;

/**
 * Principal components of rows: the leading eigenvectors of their covariance by orthogonal iteration with a Rayleigh-Ritz step
 * (Golub and Van Loan, Matrix Computations, section 8.2.4 and 8.3), from a start that is always the same.
 *
 * @param values [rows, channels], one behind the other
 */
export function principalComponents(values: Float32Array, channels: number, wanted: number): PrincipalComponents {
  const rows = channels === 0 ? 0 : values.length / channels;
  const length = Math.max(0, Math.min(wanted, channels, rows - 1));
  const { covariance, mean } = covarianceOf(values, rows, channels);
  let variance = 0;
  for (let k = 0; k < channels; k++) variance += covariance[k * channels + k]!;
  const { vectors, values: eigenvalues } = leading(covariance, channels, Math.min(channels, length + SPARE), length);
  const directions = vectors.slice(0, length).map(largestPositive);
  const projections = new Float64Array(rows * length);
  for (let r = 0; r < rows; r++)
    directions.forEach((direction, c) => {
      let sum = 0;
      for (let k = 0; k < channels; k++) sum += (values[r * channels + k]! - mean[k]!) * direction[k]!;
      projections[r * length + c] = sum;
    });
  const flat = new Float64Array(length * channels);
  directions.forEach((direction, c) => flat.set(direction, c * channels));
  const explained = eigenvalues.slice(0, length).map((value) => (variance > 0 ? Math.max(0, value) / variance : 0));
  return { length, projections, directions: flat, explained };
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];

function covarianceOf(values: Float32Array, rows: number, channels: number) {
  const mean = new Float64Array(channels);
  for (let r = 0; r < rows; r++) for (let k = 0; k < channels; k++) mean[k]! += values[r * channels + k]! / rows;
  const covariance = new Float64Array(channels * channels);
  // Four rows at once: each entry of the matrix is then read and written a quarter as often. What is beyond the last is zero.
  const [a, b, c, d] = [0, 1, 2, 3].map(() => new Float64Array(channels)) as Four;
  for (let r = 0; r < rows; r += 4) {
    [a, b, c, d].forEach((centred, i) => {
      const at = (r + i) * channels;
      for (let k = 0; k < channels; k++) centred[k] = r + i < rows ? values[at + k]! - mean[k]! : 0;
    });
    for (let i = 0; i < channels; i++) {
      const [ai, bi, ci, di] = [a[i]!, b[i]!, c[i]!, d[i]!];
      for (let j = i; j < channels; j++)
        covariance[i * channels + j]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + di * d[j]!;
    }
  }
  for (let i = 0; i < channels; i++)
    for (let j = i; j < channels; j++) {
      const value = covariance[i * channels + j]! / Math.max(1, rows - 1);
      covariance[i * channels + j] = covariance[j * channels + i] = value;
    }
  return { covariance, mean };
}

/** The leading eigenvectors of a symmetric matrix, by falling eigenvalue, until the first `settled` hardly turn. */
function leading(matrix: Float64Array, size: number, count: number, settled: number) {
  const random = Random.fromSeed(1);
  let vectors = orthonormal(
    Array.from({ length: count }, () => Float64Array.from({ length: size }, () => random.between(-1, 1))),
  );
  let values: number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const images = vectors.map((vector) => times(matrix, vector));
    // In the space that the vectors span, the matrix is small: its own eigenvectors say how to turn them.
    const small = vectors.map((vector) => images.map((image) => product(vector, image)));
    const turned = jacobi(small);
    const mix = (of: readonly Float64Array[]) => turned.vectors.map((weights) => combination(of, weights));
    values = turned.values;
    const [ritz, ritzImages] = [mix(vectors), mix(images)];
    const off = ritz.slice(0, settled).map((vector, i) => distance(ritzImages[i]!, vector, values[i]!));
    vectors = ritz;
    const scale = Math.max(values[0]!, 1e-300);
    if (off.every((residual, i) => residual <= (i < DRAWN.count ? DRAWN.residual : RESIDUAL) * scale)) break;
    vectors = ritzImages;
    for (let more = 1; more < PRODUCTS_EACH_ROUND; more++) vectors = vectors.map((vector) => times(matrix, vector));
    vectors = orthonormal(vectors);
  }
  return { vectors, values };
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const image = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += matrix[i * size + j]! * vector[j]!;
    image[i] = sum;
  }
  return image;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

/** Sum of vectors, each times its weight. */
function combination(vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  vectors.forEach((vector, i) => {
    for (let k = 0; k < sum.length; k++) sum[k]! += weights[i]! * vector[k]!;
  });
  return sum;
}

/** How far an image is from a vector times its eigenvalue. */
function distance(image: Float64Array, vector: Float64Array, value: number): number {
  let square = 0;
  for (let k = 0; k < image.length; k++) square += (image[k]! - value * vector[k]!) ** 2;
  return Math.sqrt(square);
}

/** Gram and Schmidt, each vector twice, without which single directions lose half of their digits; what is nothing is replaced by an axis. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  let axis = 0;
  for (const vector of vectors) {
    let candidate = Float64Array.from(vector);
    for (;;) {
      const before = Math.sqrt(product(candidate, candidate));
      for (let pass = 0; pass < 2; pass++)
        for (const other of done) {
          const part = product(candidate, other);
          for (let k = 0; k < candidate.length; k++) candidate[k]! -= part * other[k]!;
        }
      const norm = Math.sqrt(product(candidate, candidate));
      if (norm > 1e-10 * before && norm > 1e-150) {
        done.push(candidate.map((v) => v / norm));
        break;
      }
      candidate = new Float64Array(vector.length);
      candidate[axis++] = 1;
    }
  }
  return done;
}

/** Eigenvectors of a small symmetric matrix, by falling eigenvalue: Jacobi's rotations (Golub and Van Loan, section 8.5). */
export function jacobi(matrix: readonly (readonly number[])[]): { vectors: number[][]; values: number[] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = matrix.map((_, i) => matrix.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let [off, all] = [0, 0];
    a.forEach((row, i) => row.forEach((value, j) => ((all += value * value), (off += i === j ? 0 : value * value))));
    if (off <= 1e-30 * all) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]!);
  return { values: order.map((i) => a[i]![i]!), vectors: order.map((i) => v.map((row) => row[i]!)) };
}

function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const apq = a[p]![q]!;
  if (apq === 0) return;
  const tau = (a[q]![q]! - a[p]![p]!) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (const row of [...a, ...v]) [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!];
  const [ap, aq] = [a[p]!, a[q]!];
  for (let k = 0; k < ap.length; k++) [ap[k], aq[k]] = [c * ap[k]! - s * aq[k]!, s * ap[k]! + c * aq[k]!];
}

/** A direction and its opposite are the same component: the one whose largest entry is positive stands for both. */
function largestPositive(direction: Float64Array): Float64Array {
  let largest = 0;
  for (const value of direction) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? direction.map((value) => -value) : direction;
}
