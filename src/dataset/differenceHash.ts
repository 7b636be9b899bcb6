import { DIFFERENCE_HASH_BYTES } from './pictureFacts.js';

const ROWS = 16;
const COLUMNS = 17;

/**
 * A perceptual hash of 256 bits: the picture as 17 x 16 grey cells, one bit for each pair of neighbours that tells which
 * is brighter (the “difference hash”, after N. Krawetz). Recompressing, resizing or a change of brightness turns few of
 * them; two different pictures differ in about half.
 *
 * @param pixels [size, size, 3] RGB
 */
export function differenceHash(pixels: Uint8Array, size: number): Uint8Array {
  const cells = new Float64Array(ROWS * COLUMNS);
  for (let row = 0; row < ROWS; row++) {
    const [top, bottom] = span(row, ROWS, size);
    for (let column = 0; column < COLUMNS; column++) {
      const [left, right] = span(column, COLUMNS, size);
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        const start = (y * size + left) * 3;
        const end = (y * size + right) * 3;
        for (let i = start; i < end; i += 3) sum += 2 * pixels[i]! + 5 * pixels[i + 1]! + pixels[i + 2]!;
      }
      cells[row * COLUMNS + column] = sum / ((bottom - top) * (right - left));
    }
  }
  const hash = new Uint8Array(DIFFERENCE_HASH_BYTES);
  for (let bit = 0; bit < ROWS * (COLUMNS - 1); bit++) {
    const cell = Math.floor(bit / (COLUMNS - 1)) * COLUMNS + (bit % (COLUMNS - 1));
    if (cells[cell]! < cells[cell + 1]!) hash[bit >> 3] = hash[bit >> 3]! | (1 << (bit & 7));
  }
  return hash;
}

function span(i: number, parts: number, size: number): [number, number] {
  const start = Math.floor((i * size) / parts);
  return [start, Math.max(start + 1, Math.floor(((i + 1) * size) / parts))];
}
