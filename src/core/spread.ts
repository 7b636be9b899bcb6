/** Where rows lie in an array: value `i` of row `r` at `r * row + i * value`. */
export interface RowLayout {
  readonly rows: number;
  readonly length: number;
  readonly row: number;
  readonly value: number;
}

/**
 * How far apart vectors are: the root of their mean squared distance from their mean, over that from zero. 0 where all are alike,
 * zeros included; 1 where their mean is zero, as that of many unrelated directions nearly is. Two of length 1 are √2 times as far
 * apart, on average. Summed in float64.
 */
export function spreadOf(values: Float32Array, { rows, length, row, value }: RowLayout): number {
  let [total, ofMeans] = [0, 0];
  for (let i = 0; i < length; i++) {
    let [sum, squares] = [0, 0];
    for (let r = 0; r < rows; r++) {
      const v = values[r * row + i * value]!;
      sum += v;
      squares += v * v;
    }
    total += squares;
    ofMeans += (sum * sum) / rows;
  }
  return total > 0 ? Math.sqrt(Math.max(0, total - ofMeans) / total) : 0;
}

/**
 * The rows, as many as possible, that point where one of them does, with a cosine of `least` or more. Rows of zeros point nowhere, which
 * is one place to them all. Computed in float64.
 */
export function rowsAlike(values: Float32Array, { rows, length, row, value }: RowLayout, least: number): number[] {
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += values[a * row + i * value]! * values[b * row + i * value]!;
    return sum;
  };
  const norms = Float64Array.from({ length: rows }, (_, r) => Math.sqrt(product(r, r)));
  const alike = (a: number, b: number) => {
    const both = norms[a]! * norms[b]!;
    return both > 0 ? product(a, b) >= least * both : norms[a] === norms[b];
  };
  const numbers = Array.from({ length: rows }, (_, r) => r);
  return numbers
    .map((a) => numbers.filter((b) => a === b || alike(a, b)))
    .reduce((most, found) => (found.length > most.length ? found : most), []);
}
