import type { DetectorPriors } from '../weights/openVino/detectorTail.js';

/** How the map is to be read. */
export type Priors = Pick<DetectorPriors, 'widths' | 'heights' | 'step' | 'offset' | 'variances'>;

/** A face somewhere: in pixels, `left` and `top` may lie outside the picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Detection extends Box {
  /** Probability that it is a face, as the network sees it. */
  readonly score: number;
}

/** More candidates than these are never compared with each other: OpenVINO's `top_k` for this network. */
const MOST_CANDIDATES = 400;

/**
 * The boxes in the map of an SSD (Liu et al. 2016, section 2.2) of one class, best first, overlapping ones not yet joined.
 *
 * @param map [height, width, 6 P]: for each of P priors four differences (centre x, centre y, width, height), then for each two
 *   numbers whose softmax is the probability of background and of a face
 * @returns in pixels of the input
 */
export function decodeBoxes(
  map: Float32Array,
  height: number,
  width: number,
  { widths, heights, step, offset, variances }: Priors,
  leastScore: number,
): Detection[] {
  const priors = widths.length;
  const channels = 6 * priors;
  if (map.length !== height * width * channels)
    throw new RangeError(`a map of ${map.length} numbers is not [${height}, ${width}, ${channels}]`);
  // The softmax of two numbers reaches it where their difference does.
  const leastDifference = Math.log(leastScore / (1 - leastScore));
  const found: Detection[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      for (let p = 0; p < priors; p++) {
        const score = at + 4 * priors + 2 * p;
        const difference = map[score + 1]! - map[score]!;
        if (!(difference >= leastDifference)) continue;
        const place = at + 4 * p;
        const boxWidth = Math.exp(map[place + 2]! * variances[2]) * widths[p]!;
        const boxHeight = Math.exp(map[place + 3]! * variances[3]) * heights[p]!;
        found.push({
          left: (x + offset) * step + map[place]! * variances[0] * widths[p]! - boxWidth / 2,
          top: (y + offset) * step + map[place + 1]! * variances[1] * heights[p]! - boxHeight / 2,
          width: boxWidth,
          height: boxHeight,
          score: 1 / (1 + Math.exp(-difference)),
        });
      }
    }
  return found.sort((a, b) => b.score - a.score).slice(0, MOST_CANDIDATES);
}

/**
 * Keeps of boxes that overlap the best one.
 *
 * @param boxes best first
 * @param most share of the area that both cover (intersection over union) up to which they are two faces
 */
export function joinOverlapping<B extends Box>(boxes: readonly B[], most: number): B[] {
  const kept: B[] = [];
  for (const box of boxes) if (kept.every((other) => overlap(box, other) <= most)) kept.push(box);
  return kept;
}

/** Intersection over union of two boxes, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}
