import sharp from 'sharp';
import type { Similarity } from '../core/similarity.js';
import { apply, scaleOf } from '../core/similarity.js';

export interface Picture {
  /** [height, width, 3] RGB. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Cuts a square out of a picture along a similarity from the square to the picture. Where a pixel of the square covers several
 * of the picture, the picture is made smaller first, by an antialiasing filter; beyond the border its outermost pixels
 * go on.
 *
 * @returns [size, size, 3] RGB
 */
export async function cropFace(picture: Picture, transform: Similarity, size: number): Promise<Uint8Array> {
  const shrink = Math.max(1, scaleOf(transform));
  const source = shrink > 1.2 ? await resized(picture, shrink) : picture;
  const fx = source.width / picture.width;
  const fy = source.height / picture.height;
  const target = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      // Pixel centres lie at halves.
      const [u, v] = apply(transform, [x + 0.5, y + 0.5]);
      sample(source, u * fx - 0.5, v * fy - 0.5, target, (y * size + x) * 3);
    }
  return target;
}

async function resized(picture: Picture, shrink: number): Promise<Picture> {
  const width = Math.max(1, Math.round(picture.width / shrink));
  const height = Math.max(1, Math.round(picture.height / shrink));
  const raw = { width: picture.width, height: picture.height, channels: 3 as const };
  const pixels = await sharp(picture.pixels, { raw }).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  return { pixels, width, height };
}

/** Bilinear. */
function sample({ pixels, width, height }: Picture, x: number, y: number, target: Uint8Array, at: number): void {
  const cx = Math.min(width - 1, Math.max(0, x));
  const cy = Math.min(height - 1, Math.max(0, y));
  const [x0, y0] = [Math.floor(cx), Math.floor(cy)];
  const [fx, fy] = [cx - x0, cy - y0];
  const right = x0 + 1 < width ? 3 : 0;
  const below = y0 + 1 < height ? width * 3 : 0;
  const i = (y0 * width + x0) * 3;
  for (let c = 0; c < 3; c++) {
    const top = pixels[i + c]! * (1 - fx) + pixels[i + right + c]! * fx;
    const bottom = pixels[i + below + c]! * (1 - fx) + pixels[i + below + right + c]! * fx;
    target[at + c] = top * (1 - fy) + bottom * fy + 0.5;
  }
}
