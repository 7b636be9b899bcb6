/** The cosine of the angle between two vectors of length one. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Makes rows as long as one, in place, and returns them. What has no direction, a row of zeros, stays so: it is like nothing.
 *
 * @param rows [N, length]
 */
export function normalizeRows(rows: Float32Array, length: number): Float32Array {
  for (let start = 0; start < rows.length; start += length) {
    let square = 0;
    for (let i = start; i < start + length; i++) square += rows[i]! * rows[i]!;
    const norm = Math.max(Math.sqrt(square), 1e-12);
    for (let i = start; i < start + length; i++) rows[i]! /= norm;
  }
  return rows;
}

/** The direction of the sum of vectors of length one, which is that of their mean. */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  return normalizeRows(sum, sum.length);
}
