import type { Point } from '../core/similarity.js';
import type { Picture } from './resample.js';
import type { Box } from './ssd.js';

/** Quarter turns, clockwise. */
export type Quarters = 1 | 2 | 3;

/** A picture turned clockwise. */
export function turned({ pixels, width, height }: Picture, quarters: Quarters): Picture {
  const flat = quarters === 2;
  const target = { width: flat ? width : height, height: flat ? height : width };
  const turnedPixels = new Uint8Array(pixels.length);
  for (let y = 0, at = 0; y < target.height; y++)
    for (let x = 0; x < target.width; x++, at += 3) {
      const [u, v] = unturnedPoint([x + 0.5, y + 0.5], { width, height }, quarters);
      const from = (Math.floor(v) * width + Math.floor(u)) * 3;
      turnedPixels[at] = pixels[from]!;
      turnedPixels[at + 1] = pixels[from + 1]!;
      turnedPixels[at + 2] = pixels[from + 2]!;
    }
  return { pixels: turnedPixels, ...target };
}

type Size = Pick<Picture, 'width' | 'height'>;

/** Where a place of the turned picture lies in the picture. */
function unturnedPoint([x, y]: Point, { width, height }: Size, quarters: Quarters): Point {
  if (quarters === 2) return [width - x, height - y];
  return quarters === 1 ? [y, height - x] : [width - y, x];
}

/** From the turned picture back to the picture. */
export const unturned = {
  point: unturnedPoint,
  box({ left, top, width, height }: Box, size: Size, quarters: Quarters): Box {
    const [x0, y0] = unturnedPoint([left, top], size, quarters);
    const [x1, y1] = unturnedPoint([left + width, top + height], size, quarters);
    const corner = { left: Math.min(x0, x1), top: Math.min(y0, y1) };
    return { ...corner, width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
  },
};
