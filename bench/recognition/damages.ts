import sharp, { type Sharp } from 'sharp';
import { apply, invert, scaleOf } from '../../src/core/similarity.js';
import { applyDamage } from '../../src/dataset/damage.js';
import type { ShownPicture } from '../../src/dataset/decodePicture.js';
import { cropTransform, type FivePoints } from '../../src/faces/faceTemplate.js';

/** A picture before its face is found, with the five points of the face in it. */
export interface Shown extends Pick<ShownPicture, 'pixels' | 'width' | 'height'> {
  readonly points: FivePoints;
}

/** What is done to a whole picture; the same for the same number. @returns the bytes of a PNG */
export type Damage = (picture: Shown, number: number) => Promise<Buffer>;

/** Side of the square that lengths are told of. */
const SIDE = 128;

function png(pixels: Uint8Array, { width, height }: Shown): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } }).png();
}

/** Shrunk by areas until the aligned square has so many pixels a side, and enlarged again. */
const small =
  (template: FivePoints, pixels: number): Damage =>
  (picture) => {
    const square = scaleOf(cropTransform(picture.points, template, SIDE)) * SIDE;
    const side = Math.round((requireSquare(picture) * pixels) / square);
    const result = picture.pixels.slice();
    applyDamage(result, 0, picture.width, { kind: 'small', side });
    return png(result, picture).toBuffer();
  };

const dark: Damage = (picture, number) => {
  const result = picture.pixels.slice();
  applyDamage(result, 0, requireSquare(picture), { kind: 'dark', gain: 0.25, noise: 8, seed: number });
  return png(result, picture).toBuffer();
};

/** The lower 40 % of the aligned square in one colour. */
const covered =
  (template: FivePoints, colour: number): Damage =>
  (picture) => {
    const toCrop = invert(cropTransform(picture.points, template, SIDE));
    const result = picture.pixels.slice();
    for (let y = 0; y < picture.height; y++)
      for (let x = 0; x < picture.width; x++) {
        const [u, v] = apply(toCrop, [x, y]);
        if (u >= 0 && u <= SIDE && v >= 0.6 * SIDE && v <= SIDE)
          result.fill(colour, (y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3);
      }
    return png(result, picture).toBuffer();
  };

const GREY = { r: 127, g: 127, b: 127 };
/** About its middle, the corners grey; nothing is cut off. */
const turned: Damage = (picture) => png(picture.pixels, picture).rotate(30, { background: GREY }).toBuffer();

/** By (18, 12) pixels; what comes in is the edge once more. */
const shifted: Damage = (picture) =>
  png(picture.pixels, picture)
    .extend({ left: 18, top: 12, extendWith: 'copy' })
    .toBuffer()
    .then((bytes) =>
      sharp(bytes).extract({ left: 0, top: 0, width: picture.width, height: picture.height }).png().toBuffer(),
    );

/** Turned and moved, in a grey picture of twice the width. */
const inside: Damage = async (picture, number) => {
  const [width, height] = [2 * picture.width, 2 * picture.height];
  const input = await turned(picture, number);
  return sharp({ create: { width, height, channels: 3, background: GREY } })
    .composite([{ input, left: Math.round(width * 0.1) + 18, top: Math.round(height * 0.1) + 12 }])
    .png()
    .toBuffer();
};

function requireSquare({ width, height }: Shown): number {
  if (width !== height) throw new RangeError(`a picture of ${width} x ${height}: these damages are made for squares`);
  return width;
}

/** By name; `undefined` is the picture as it is. */
export function damagesFor(template: FivePoints): ReadonlyMap<string, Damage | undefined> {
  return new Map<string, Damage | undefined>([
    ['untouched', undefined],
    ['16 pixels', small(template, 16)],
    ['24 pixels', small(template, 24)],
    ['lower 40 % white', covered(template, 255)],
    ['lower 40 % grey', covered(template, 127)],
    ['dark', dark],
    ['turned by 30 degrees', turned],
    ['shifted by (18, 12)', shifted],
    ['both, inside a larger one', inside],
  ]);
}
