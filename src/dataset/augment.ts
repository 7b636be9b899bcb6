import { Random } from '../core/random.js';
import type { Augmentation } from '../protocol/options.js';
import { applyDamage, drawDamage, type Damage } from './damage.js';

/** What chance does to one picture in one epoch. */
export interface Distortion {
  readonly flip: boolean;
  /** From output pixels, centred, to stored pixels, centred: a rotation with scale, then a shift. */
  readonly cosine: number;
  readonly sine: number;
  readonly shiftX: number;
  readonly shiftY: number;
  /** Whether the two above are a shift by whole pixels: pixels are then copied, not interpolated. */
  readonly whole: boolean;
  /** On each value v with the pixel's grey g: contrast · (g + saturation · (v − g) − 128) + 128 + brightness, in 0..255. */
  readonly contrast: number;
  readonly saturation: number;
  readonly brightness: number;
  /** An area that is set to mid-grey: left, top, right, bottom in output pixels. */
  readonly erased: readonly [number, number, number, number] | undefined;
  readonly damage: Damage | undefined;
}

/**
 * Side at which pictures are stored for an input of `size`: with shifts, scaling or rotation they are an eighth larger, so
 * that a cut of the input's size can move about.
 */
export function storedSize(size: number, augmentation: Augmentation): number {
  return augmentation.shift ? size + 2 * Math.round(size / 16) : size;
}

/**
 * Draws a distortion. The same seed, epoch and picture give the same one, on every machine and in any order.
 *
 * @param stored side of the stored picture
 */
export function drawDistortion(
  augmentation: Augmentation,
  size: number,
  stored: number,
  seed: number,
  epoch: number,
  picture: number,
): Distortion {
  const ofEpoch = Random.forPurpose(seed, `epoch ${epoch}`).uint32();
  const random = Random.forPurpose(ofEpoch, `picture ${picture}`);
  const { flip, scale, rotation, brightness, contrast, saturation, erasing, shift, offset } = augmentation;
  const spare = (stored - size) / 2;
  // Drawn in one order whatever is switched on, so that one more kind leaves the others as they were.
  const [f, x, y, s, r, b, c, t, e] = Array.from({ length: 9 }, () => random.uniform()) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const either = (u: number) => 2 * u - 1;
  const zoom = Math.exp(either(s) * Math.log(1 + scale));
  const angle = (either(r) * rotation * Math.PI) / 180;
  const whole = scale === 0 && rotation === 0 && offset === 0;
  // What came later has a stream of its own.
  const later = Random.forPurpose(ofEpoch, `damage ${picture}`);
  const [offX, offY] = [later.between(-offset, offset) * size, later.between(-offset, offset) * size];
  const shifted = (u: number) => (shift ? Math.floor(u * (2 * spare + 1)) - spare : 0);
  return {
    flip: flip && f < 0.5,
    cosine: Math.cos(angle) / zoom,
    sine: Math.sin(angle) / zoom,
    shiftX: shifted(x) + offX,
    shiftY: shifted(y) + offY,
    whole,
    brightness: either(b) * brightness * 255,
    contrast: 1 + either(c) * contrast,
    saturation: 1 + either(t) * saturation,
    erased: e < erasing ? drawArea(size, random) : undefined,
    damage: drawDamage(augmentation, size, later),
  };
}

/** Random erasing (Zhong et al. 2020): 2 to 20 % of the picture, with sides that differ by at most three times. */
function drawArea(size: number, random: Random): [number, number, number, number] {
  const area = random.between(0.02, 0.2) * size * size;
  const ratio = Math.exp(random.between(-Math.log(3), Math.log(3)));
  const width = Math.max(1, Math.min(size, Math.round(Math.sqrt(area * ratio))));
  const height = Math.max(1, Math.min(size, Math.round(Math.sqrt(area / ratio))));
  const left = random.integer(size - width + 1);
  const top = random.integer(size - height + 1);
  return [left, top, left + width, top + height];
}

/** The middle of a stored picture, as validation and use see it. Both are square RGB; `at` is the first byte in `target`. */
export function cropCentre(source: Uint8Array, stored: number, target: Uint8Array, at: number, size: number): void {
  const spare = (stored - size) >> 1;
  for (let y = 0; y < size; y++) {
    const from = ((y + spare) * stored + spare) * 3;
    target.set(source.subarray(from, from + size * 3), at + y * size * 3);
  }
}

/** Writes the distorted picture, [size, size, 3], into `target` from `at` on. */
export function distort(
  source: Uint8Array,
  stored: number,
  target: Uint8Array,
  at: number,
  size: number,
  distortion: Distortion,
): void {
  if (distortion.whole) {
    copyShifted(source, stored, target, at, size, distortion);
    recolour(target, at, size, distortion);
  } else interpolate(source, stored, target, at, size, distortion);
  const { erased, damage } = distortion;
  if (erased) {
    const [left, top, right, bottom] = erased;
    for (let y = top; y < bottom; y++) target.fill(128, at + (y * size + left) * 3, at + (y * size + right) * 3);
  }
  if (damage) applyDamage(target, at, size, damage);
}

function copyShifted(
  source: Uint8Array,
  stored: number,
  target: Uint8Array,
  at: number,
  size: number,
  { flip, shiftX, shiftY }: Distortion,
): void {
  const spare = (stored - size) / 2;
  const [left, top] = [spare + shiftX, spare + shiftY];
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * stored + left) * 3;
    const to = at + y * size * 3;
    if (!flip) target.set(source.subarray(from, from + size * 3), to);
    else
      for (let x = 0, i = from + (size - 1) * 3, o = to; x < size; x++, i -= 3, o += 3) {
        target[o] = source[i]!;
        target[o + 1] = source[i + 1]!;
        target[o + 2] = source[i + 2]!;
      }
  }
}

/** Bilinear, in fixed point of 8 bits; beyond the border the border goes on. The colours change in the same pass. */
function interpolate(
  source: Uint8Array,
  stored: number,
  target: Uint8Array,
  at: number,
  size: number,
  distortion: Distortion,
): void {
  const { flip, cosine, sine, shiftX, shiftY } = distortion;
  const { own, grey, add } = colourFactors(distortion);
  const half = (size - 1) / 2;
  const centre = (stored - 1) / 2;
  const limit = (stored - 1) * 256;
  const row = stored * 3;
  const [stepX, stepY] = flip ? [-cosine * 256, -sine * 256] : [cosine * 256, sine * 256];
  let o = at;
  for (let y = 0; y < size; y++) {
    const firstX = flip ? half : -half;
    let sx = (centre + shiftX + cosine * firstX - sine * (y - half)) * 256;
    let sy = (centre + shiftY + sine * firstX + cosine * (y - half)) * 256;
    for (let x = 0; x < size; x++, sx += stepX, sy += stepY, o += 3) {
      const cx = sx < 0 ? 0 : sx > limit ? limit : sx | 0;
      const cy = sy < 0 ? 0 : sy > limit ? limit : sy | 0;
      const fx = cx & 255;
      const fy = cy & 255;
      const i = (Math.imul(cy >> 8, row) + Math.imul(cx >> 8, 3)) | 0;
      const p10 = fx === 0 ? i : i + 3;
      const below = fy === 0 ? 0 : row;
      const w11 = Math.imul(fx, fy) >> 8;
      const w10 = fx - w11;
      const w01 = fy - w11;
      const w00 = 256 - fx - w01;
      // Written out: a loop over the channels takes twice as long.
      const p01 = i + below;
      const p11 = p10 + below;
      const r =
        (Math.imul(source[i]!, w00) +
          Math.imul(source[p10]!, w10) +
          Math.imul(source[p01]!, w01) +
          Math.imul(source[p11]!, w11) +
          128) >>
        8;
      const g =
        (Math.imul(source[i + 1]!, w00) +
          Math.imul(source[p10 + 1]!, w10) +
          Math.imul(source[p01 + 1]!, w01) +
          Math.imul(source[p11 + 1]!, w11) +
          128) >>
        8;
      const b =
        (Math.imul(source[i + 2]!, w00) +
          Math.imul(source[p10 + 2]!, w10) +
          Math.imul(source[p01 + 2]!, w01) +
          Math.imul(source[p11 + 2]!, w11) +
          128) >>
        8;
      const base = (Math.imul(2 * r + 5 * g + b, grey) + add) | 0;
      target[o] = clamp((Math.imul(r, own) + base) >> 16);
      target[o + 1] = clamp((Math.imul(g, own) + base) >> 16);
      target[o + 2] = clamp((Math.imul(b, own) + base) >> 16);
    }
  }
}

/** Fixed point of 16 bits: own share of a value, share of the grey, and what is added. */
function colourFactors({ contrast, saturation, brightness }: Distortion): { own: number; grey: number; add: number } {
  return {
    own: Math.round(contrast * saturation * 65536),
    grey: Math.round((contrast * (1 - saturation) * 65536) / 8),
    add: Math.round((128 - 128 * contrast + brightness) * 65536) + 32768,
  };
}

function recolour(target: Uint8Array, at: number, size: number, distortion: Distortion): void {
  const { own, grey, add } = colourFactors(distortion);
  if (own === 65536 && grey === 0 && add === 32768) return;
  const end = at + size * size * 3;
  for (let i = at; i < end; i += 3) {
    const r = target[i]!;
    const g = target[i + 1]!;
    const b = target[i + 2]!;
    const base = (2 * r + 5 * g + b) * grey + add;
    target[i] = clamp((r * own + base) >> 16);
    target[i + 1] = clamp((g * own + base) >> 16);
    target[i + 2] = clamp((b * own + base) >> 16);
  }
}

function clamp(v: number): number {
  return v < 0 ? 0 : v > 255 ? 255 : v;
}
