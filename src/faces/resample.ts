import type { Similarity } from '../core/similarity.js';

export interface Picture {
  /** [height, width, 3] RGB. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** From places of a target to places of a picture: x' = xx x + xy y + x0, y' = yx x + yy y + y0. Pixel centres lie at halves. */
export interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** From here on a pixel of the target covers so much that pixels of the picture are averaged in fours first. */
const HALVED_FROM = 2;

/**
 * A part of a picture, moved, turned and scaled: each pixel of the target is the mean of what it covers, taken bilinearly, so that
 * nothing aliases where the picture shrinks. Beyond the border its outermost pixels go on.
 *
 * @returns [height, width, 3] RGB
 */
export function resample(picture: Picture, transform: Affine, width: number, height: number): Uint8Array {
  let source = picture;
  let map = transform;
  if (Math.min(...footprint(map)) >= HALVED_FROM) [source, map] = cutOut(source, map, width, height);
  while (Math.min(...footprint(map)) >= HALVED_FROM) {
    source = halved(source);
    const { xx, xy, x0, yx, yy, y0 } = map;
    map = { xx: xx / 2, xy: xy / 2, x0: x0 / 2, yx: yx / 2, yy: yy / 2, y0: y0 / 2 };
  }
  const [across, down] = footprint(map).map((covered) => Math.max(1, Math.ceil(covered - 0.2))) as [number, number];
  const target = new Uint8Array(width * height * 3);
  const sums = new Float64Array(3);
  const share = 1 / (across * down);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3) {
      sums.fill(0);
      for (let j = 0; j < down; j++)
        for (let i = 0; i < across; i++) {
          const u = x + (i + 0.5) / across;
          const v = y + (j + 0.5) / down;
          addPixel(source, map.xx * u + map.xy * v + map.x0, map.yx * u + map.yy * v + map.y0, sums);
        }
      for (let c = 0; c < 3; c++) target[at + c] = sums[c]! * share + 0.5;
    }
  return target;
}

/** Cuts a square out of a picture along a similarity from the square to the picture. @returns [size, size, 3] RGB */
export function cropFace(picture: Picture, { a, b, tx, ty }: Similarity, size: number): Uint8Array {
  return resample(picture, { xx: a, xy: -b, x0: tx, yx: b, yy: a, y0: ty }, size, size);
}

/** How far apart neighbours of the target lie in the picture, along its rows and along its columns. */
function footprint({ xx, xy, yx, yy }: Affine): [number, number] {
  return [Math.hypot(xx, yx), Math.hypot(xy, yy)];
}

/** The part of a picture that a target shows, with a margin for neighbours, so that the rest need not be averaged. */
function cutOut(picture: Picture, map: Affine, width: number, height: number): [Picture, Affine] {
  const margin = 2 * Math.ceil(Math.max(...footprint(map)));
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ] as const;
  const xs = corners.map(([u, v]) => map.xx * u + map.xy * v + map.x0);
  const ys = corners.map(([u, v]) => map.yx * u + map.yy * v + map.y0);
  const within = (value: number, most: number) => Math.min(most, Math.max(0, Math.floor(value)));
  const left = within(Math.min(...xs) - margin, picture.width - 1);
  const top = within(Math.min(...ys) - margin, picture.height - 1);
  const right = within(Math.max(...xs) + margin, picture.width - 1);
  const bottom = within(Math.max(...ys) + margin, picture.height - 1);
  const rowBytes = (right - left + 1) * 3;
  const pixels = new Uint8Array(rowBytes * (bottom - top + 1));
  for (let y = top, to = 0; y <= bottom; y++, to += rowBytes) {
    const from = (y * picture.width + left) * 3;
    pixels.set(picture.pixels.subarray(from, from + rowBytes), to);
  }
  const part = { pixels, width: right - left + 1, height: bottom - top + 1 };
  return [part, { ...map, x0: map.x0 - left, y0: map.y0 - top }];
}

/** Means of two by two pixels; of an odd number the last ones count twice. */
function halved({ pixels, width, height }: Picture): Picture {
  const [halfWidth, halfHeight] = [(width + 1) >> 1, (height + 1) >> 1];
  const half = new Uint8Array(halfWidth * halfHeight * 3);
  for (let y = 0, to = 0; y < halfHeight; y++) {
    const first = 2 * y * width * 3;
    const second = 2 * y + 1 < height ? first + width * 3 : first;
    for (let x = 0; x < halfWidth; x++, to += 3) {
      const left = 6 * x;
      const right = 2 * x + 1 < width ? left + 3 : left;
      for (let c = 0; c < 3; c++) {
        const upper = pixels[first + left + c]! + pixels[first + right + c]!;
        const lower = pixels[second + left + c]! + pixels[second + right + c]!;
        half[to + c] = (upper + lower + 2) >> 2;
      }
    }
  }
  return { pixels: half, width: halfWidth, height: halfHeight };
}

/** Adds what lies at a place, bilinearly. */
function addPixel({ pixels, width, height }: Picture, x: number, y: number, sums: Float64Array): void {
  const cx = Math.min(width - 1, Math.max(0, x - 0.5));
  const cy = Math.min(height - 1, Math.max(0, y - 0.5));
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const fx = cx - x0;
  const fy = cy - y0;
  const right = x0 + 1 < width ? 3 : 0;
  const below = y0 + 1 < height ? width * 3 : 0;
  const i = (y0 * width + x0) * 3;
  for (let c = 0; c < 3; c++) {
    const upper = pixels[i + c]! * (1 - fx) + pixels[i + right + c]! * fx;
    const lower = pixels[i + below + c]! * (1 - fx) + pixels[i + below + right + c]! * fx;
    sums[c]! += upper * (1 - fy) + lower * fy;
  }
}
