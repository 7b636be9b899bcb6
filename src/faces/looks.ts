import type { Detection } from './ssd.js';

/**
 * How closely a picture is looked at: the longest side, in pixels, that the detector gets it with. Every picture pays for the
 * first look, which sees faces from a tenth of the picture's width on; the others are taken only where the one before has seen
 * nothing, or nothing large (docs/recognition.md has the figures).
 */
const LOOKS = [192, 512, 1024];
/** Enlarged more than this a picture shows nothing new. */
const MOST_ENLARGED = 2;
/** A look that shows hardly more than the one before is left out. */
const LEAST_GAIN = 1.3;
/** A face of so many pixels (its longer side) is as large as the detector needs; other faces that are not much smaller were seen too. */
const CLEAR_PIXELS = 40;
const CLEAR_SCORE = 0.7;
/** Of a picture in which no look has seen a face clearly; below, walls and leaves become faces. */
export const FAINT_SCORE = 0.4;

/** The looks that a picture may get, closer and closer. @param longest its longer side, in pixels */
export function looksAt(longest: number): number[] {
  const looks: number[] = [];
  for (const look of LOOKS) {
    const within = looks.length === 0 ? look : Math.min(look, Math.round(longest * MOST_ENLARGED));
    if (looks.length === 0 || within >= looks.at(-1)! * LEAST_GAIN) looks.push(within);
  }
  return looks;
}

/**
 * Whether a look has seen enough for there to be no closer one.
 *
 * @param scale pixels of the look for each pixel of the boxes
 */
export function isEnough(found: readonly Detection[], scale: number): boolean {
  return found.some(
    ({ score, width, height }) => score >= CLEAR_SCORE && Math.max(width, height) * scale >= CLEAR_PIXELS,
  );
}

/**
 * The size of the detector's input for a look: no picture is distorted, so the shorter side is rounded up, coarsely, for there to
 * be few sizes; what is left over stays grey.
 */
export function inputSizeOf(look: number, width: number, height: number): { width: number; height: number } {
  const step = look <= 256 ? 32 : look <= 512 ? 64 : 128;
  const longest = Math.max(width, height);
  const rounded = (side: number) => Math.max(step, Math.ceil((side * look) / longest / step - 1e-9) * step);
  return { width: rounded(width), height: rounded(height) };
}
