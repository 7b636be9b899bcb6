import type { FaceQuality, NoAnswer } from '../protocol/recognition.js';
import { scaleOf } from '../core/similarity.js';
import { cropTransform, misfit, type FivePoints } from './faceTemplate.js';

/** Why no name can be given for a face that was found. */
export type FaceDoubt = Exclude<NoAnswer, 'no-face' | 'unreadable'>;

/** What a network can tell apart. */
export interface FaceLimits {
  /** Side of the aligned square, in pixels of the file, below which more than half of the known are missed (docs/recognition.md). */
  readonly pixels: number;
  /** As `sharpnessOf` has it. */
  readonly sharpness: number;
}
/** No face of 24 pixels that was enlarged is below the sharpness, half of those are that were blurred by a twentieth of the square. */
export const FACE_LIMITS: FaceLimits = { pixels: 18, sharpness: 0.04 };
/** Of a network whose layers have learned from small and blurred faces. No face of 16 pixels that was enlarged is below it. */
export const SMALL_FACE_LIMITS: FaceLimits = { pixels: 14, sharpness: 0.02 };
/** Of a head turned by about 65 degrees; of 412 pictures of the press none is beyond 0.103. */
export const MOST_POSE = 0.12;

/**
 * How well a face can be seen.
 *
 * @param crop [size, size, 3] RGB, aligned to the template
 * @param points in pixels of the picture that the crop was cut out of
 * @param shrink pixels of the file for each pixel of that picture
 */
export function qualityOf(
  crop: Uint8Array,
  size: number,
  points: FivePoints,
  template: FivePoints,
  shrink: number,
): FaceQuality {
  return {
    pixels: scaleOf(cropTransform(points, template, size)) * size * shrink,
    blur: sharpnessOf(crop, size),
    pose: misfit(points),
  };
}

export function doubtOf({ pixels, blur, pose }: FaceQuality, limits = FACE_LIMITS): FaceDoubt | undefined {
  if (pixels < limits.pixels) return 'too-small';
  if (blur < limits.sharpness) return 'too-blurred';
  return pose > MOST_POSE ? 'turned-away' : undefined;
}

/** Blocks along a side: what is finer than them is detail. */
const BLOCKS = 16;

/**
 * Detail as a share of contrast, 0 to 1: how much of the variance of the green channel lies inside blocks of a sixteenth of the
 * side, of which the linear slope was taken out.
 */
export function sharpnessOf(crop: Uint8Array, size: number): number {
  const block = size / BLOCKS;
  let inside = 0;
  let sum = 0;
  let squares = 0;
  for (let by = 0; by < BLOCKS; by++)
    for (let bx = 0; bx < BLOCKS; bx++) {
      const [left, right] = [Math.floor(bx * block), Math.floor((bx + 1) * block)];
      const [top, bottom] = [Math.floor(by * block), Math.floor((by + 1) * block)];
      const n = (right - left) * (bottom - top);
      if (n === 0) continue;
      const cx = (right - left - 1) / 2;
      const cy = (bottom - top - 1) / 2;
      let [s, q, sx, sy, xx, yy] = [0, 0, 0, 0, 0, 0];
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          const value = crop[(y * size + x) * 3 + 1]!;
          const [dx, dy] = [x - left - cx, y - top - cy];
          s += value;
          q += value * value;
          sx += dx * value;
          sy += dy * value;
          xx += dx * dx;
          yy += dy * dy;
        }
      const slope = (xx > 0 ? (sx * sx) / xx : 0) + (yy > 0 ? (sy * sy) / yy : 0);
      inside += Math.max(0, q - (s * s) / n - slope);
      sum += s;
      squares += q;
    }
  const pixels = size * size;
  const variance = squares - (sum * sum) / pixels;
  return variance > 0 ? Math.sqrt(inside / variance) : 0;
}
