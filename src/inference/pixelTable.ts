import { roundHalfEven } from '../core/rounding.js';

/** The integer that stands for x / 127.5 − 1, by byte. No pixel lies half way between two of them at the scale of 1 / 128. */
export function pixelTable<T extends Int8Array | Uint8Array>(
  { scale, zeroPoint }: { readonly scale: number; readonly zeroPoint: number },
  lowest: number,
  highest: number,
  type: new (length: number) => T,
): T {
  const table = new type(256);
  for (let byte = 0; byte < 256; byte++) {
    const q = roundHalfEven(Math.fround(Math.fround(byte / 127.5 - 1) / scale)) + zeroPoint;
    table[byte] = Math.max(lowest, Math.min(highest, q));
  }
  return table;
}
