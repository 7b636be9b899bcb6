import { apply, fitSimilarity, scaleOf, type Point, type Similarity } from '../core/similarity.js';

/** Both eyes, the tip of the nose, both corners of the mouth; left is left in the picture. */
export type FivePoints = readonly [Point, Point, Point, Point, Point];

/** Where the five points lie in a crop of 112 x 112 pixels, as InsightFace's training data has them. */
const TEMPLATE: FivePoints = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];
const TEMPLATE_SIDE = 112;
/** The face is a little smaller in our crops: a network that cuts its input out of them anywhere still sees all of it. */
const FACE_SHARE = 0.88;

/** From a crop of `size` x `size` pixels to the picture in which the points were found. */
export function cropTransform(points: FivePoints, size: number): Similarity {
  const centre = TEMPLATE_SIDE / 2;
  const target = TEMPLATE.map(([x, y]): Point => [
    ((x - centre) * FACE_SHARE + centre) * (size / TEMPLATE_SIDE),
    ((y - centre) * FACE_SHARE + centre) * (size / TEMPLATE_SIDE),
  ]);
  return fitSimilarity(target, points);
}

/** Largest distance of a point from its place after the best fit, as a share of the crop's side: grows with the pose. */
export function misfit(points: FivePoints): number {
  const transform = fitSimilarity(points, TEMPLATE);
  const distances = points.map((point, i) => {
    const [x, y] = apply(transform, point);
    return Math.hypot(x - TEMPLATE[i]![0], y - TEMPLATE[i]![1]);
  });
  return Math.max(...distances) / TEMPLATE_SIDE;
}

/** Pixels of the picture for each pixel of a crop. */
export function pixelsPerPixel(points: FivePoints, size: number): number {
  return scaleOf(cropTransform(points, size));
}
