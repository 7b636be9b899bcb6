import type { Picture } from './resample.js';

/** Pixels that are looked at to tell how bright a picture is. */
const SAMPLES = 4096;
/** Two in a hundred pixels are brighter than the white of a picture. */
const WHITE_SHARE = 0.98;
/** A picture whose white is darker than this is dark. */
const DARK_WHITE = 110;
const WANTED_WHITE = 220;
/** Beyond, noise is all that there is. */
const MOST_GAIN = 10;

/**
 * A dark picture made brighter, for what looks for faces: without it the detector misses three in a hundred faces at a fifth of
 * the light, and most at a tenth. Others stay the same.
 */
export function brightened(picture: Picture): Picture {
  const white = whiteOf(picture);
  if (white >= DARK_WHITE) return picture;
  const gain = Math.min(MOST_GAIN, WANTED_WHITE / Math.max(1, white));
  const levels = Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, Math.floor(value * gain + 0.5)));
  return { ...picture, pixels: picture.pixels.map((value) => levels[value]!) };
}

/** The brightness, of the brightest colour, that few pixels exceed. */
function whiteOf({ pixels }: Picture): number {
  const counts = new Uint32Array(256);
  const step = Math.max(1, Math.floor(pixels.length / 3 / SAMPLES)) * 3;
  let count = 0;
  for (let i = 0; i + 2 < pixels.length; i += step, count++)
    counts[Math.max(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!)]!++;
  let below = 0;
  for (let value = 0; value < 256; value++) {
    below += counts[value]!;
    if (below >= WHITE_SHARE * count) return value;
  }
  return 255;
}
