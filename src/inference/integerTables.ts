import { roundHalfEven } from '../core/rounding.js';
import type { Scaling } from '../graph/graph.js';
import { pixelTables } from '../graph/pixelTables.js';

/**
 * The integers that stand for bytes at an input of integers: a table for each colour. No pixel lies half way between two of them
 * (`fixedRange`).
 *
 * @param scaling how a byte is read; x / 127.5 − 1 when absent
 */
export function integerTables<T extends Int8Array | Uint8Array>(
  { scale, zeroPoint }: { readonly scale: number; readonly zeroPoint: number },
  scaling: Scaling | undefined,
  [lowest, highest]: readonly [number, number],
  type: new (length: number) => T,
): readonly T[] {
  return pixelTables({ shape: [1, 1, 3], ...(scaling && { scaling }) }).map((values) => {
    const table = new type(256);
    values.forEach((x, byte) => {
      const q = roundHalfEven(Math.fround(x / scale)) + zeroPoint;
      table[byte] = Math.max(lowest, Math.min(highest, q));
    });
    return table;
  });
}
