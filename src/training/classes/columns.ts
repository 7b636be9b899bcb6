/** Makes rows as long as the scale, in place, by the arithmetic of `fitColumns` (src/graph/cosineHead.ts). */
export function fitRows(rows: Float32Array, length: number, scale: number): void {
  for (let start = 0; start < rows.length; start += length) {
    let square = 0;
    for (let i = start; i < start + length; i++) square += rows[i]! ** 2;
    const factor = scale / Math.max(Math.sqrt(square), 1e-12);
    for (let i = start; i < start + length; i++) rows[i] = rows[i]! * factor;
  }
}
