import type { Point } from '../core/similarity.js';
import type { FivePoints } from './faceTemplate.js';
import { resample, type Picture } from './resample.js';
import type { Box } from './ssd.js';

/**
 * A network's five points in a picture of a face: `image` is [size, size, 3] RGB, the answer x0, y0, … y4 as fractions of it.
 */
export interface PointsNetwork {
  readonly size: number;
  run(image: Uint8Array): Promise<Float32Array>;
}

/** The points of a face in a box of the detector, which is stretched to the square that the network takes. */
export async function pointsInBox(network: PointsNetwork, picture: Picture, box: Box): Promise<FivePoints> {
  const { size } = network;
  const stretch = { xx: box.width / size, xy: 0, x0: box.left, yx: 0, yy: box.height / size, y0: box.top };
  const found = await network.run(resample(picture, stretch, size, size));
  return fivePoints(found, ([x, y]) => [box.left + x * box.width, box.top + y * box.height]);
}

function fivePoints(found: Float32Array, place: (point: Point) => Point): FivePoints {
  const at = (i: number) => place([found[2 * i]!, found[2 * i + 1]!]);
  return [at(0), at(1), at(2), at(3), at(4)];
}
