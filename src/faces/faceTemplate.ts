import { apply, fitSimilarity, scaleOf, type Point, type Similarity } from '../core/similarity.js';
import type { Template } from '../graph/preprocessing.js';

/** Both eyes, the tip of the nose, both corners of the mouth; left is left in the picture. */
export type FivePoints = readonly [Point, Point, Point, Point, Point];

/** Where the five points lie in a face seen from the front, as InsightFace's training data (112 x 112 pixels) has them. */
const FRONTAL: Template = [
  [0.341916, 0.461574],
  [0.656534, 0.459834],
  [0.500225, 0.640505],
  [0.370976, 0.824692],
  [0.631517, 0.823251],
];
/** The face is a little smaller in our crops: a network that cuts its input out of them anywhere still sees all of it. */
const FACE_SHARE = 0.88;

/** Of the crops of Align Faces, and so of networks trained on them: InsightFace's, a little smaller. */
export const CROP_TEMPLATE = placed(FRONTAL, ([x, y]) => [(x - 0.5) * FACE_SHARE + 0.5, (y - 0.5) * FACE_SHARE + 0.5]);

/** From a crop of `size` x `size` pixels, in which the points lie as the template says, to the picture in which they were found. */
export function cropTransform(points: FivePoints, template: FivePoints, size: number): Similarity {
  return fitSimilarity(
    placed(template, ([x, y]) => [x * size, y * size]),
    points,
  );
}

/**
 * Largest distance of a point from its place in a face seen from the front, after the best fit, as a share of the side of a
 * square around that face: grows with the pose.
 */
export function misfit(points: FivePoints): number {
  const transform = fitSimilarity(points, FRONTAL);
  return Math.max(
    ...points.map((point, i) => {
      const [x, y] = apply(transform, point);
      return Math.hypot(x - FRONTAL[i]![0], y - FRONTAL[i]![1]);
    }),
  );
}

/** Pixels of the picture for each pixel of a crop. */
export function pixelsPerPixel(points: FivePoints, template: FivePoints, size: number): number {
  return scaleOf(cropTransform(points, template, size));
}

/** Five points moved one by one. */
export function placed(points: FivePoints, move: (point: Point) => Point): FivePoints {
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = points;
  return [move(leftEye), move(rightEye), move(nose), move(leftMouth), move(rightMouth)];
}
