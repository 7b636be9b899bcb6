import { clopperPearson, CONFIDENCE, studentQuantile, type Interval } from './bounds.js';

/** Of one person: pictures of which something held, and pictures in all. */
export interface Cluster {
  readonly hits: number;
  readonly of: number;
}

/**
 * An interval for a share of pictures, where pictures of one person come together: Clopper and Pearson's for as many independent
 * pictures as these are worth (Korn and Graubard, Survey Methodology 1998). What they are worth is told by how much the people
 * differ. Where no picture or every picture hits, nothing tells, and each person counts as one picture.
 */
export function clusteredInterval(clusters: readonly Cluster[], confidence = CONFIDENCE): Interval {
  const pictures = clusters.reduce((sum, { of }) => sum + of, 0);
  if (pictures === 0) return [0, 1];
  const share = clusters.reduce((sum, { hits }) => sum + hits, 0) / pictures;
  const worth = independentPictures(clusters, share, pictures, confidence);
  return clopperPearson(share * worth, worth, confidence);
}

function independentPictures(
  clusters: readonly Cluster[],
  share: number,
  pictures: number,
  confidence: number,
): number {
  const people = clusters.filter(({ of }) => of > 0);
  if (people.length < 2 || share === 0 || share === 1) return people.length;
  const squares = people.reduce((sum, { hits, of }) => sum + (hits - share * of) ** 2, 0);
  const variance = ((people.length / (people.length - 1)) * squares) / pictures ** 2;
  return variance === 0 ? pictures : worthOf({ share, variance, degrees: people.length - 1 }, pictures, confidence);
}

/**
 * As many independent pictures as have the same variance, from 1 to all of them. Few degrees of freedom tell the variance badly: the
 * correction is of the same source.
 *
 * @param estimate a share, and how well its variance, which is not 0, is known
 */
export function worthOf(
  { share, variance, degrees }: { readonly share: number; readonly variance: number; readonly degrees: number },
  pictures: number,
  confidence = CONFIDENCE,
): number {
  const risk = (1 + confidence) / 2;
  const few = (studentQuantile(risk, Math.max(1, pictures - 1)) / studentQuantile(risk, degrees)) ** 2;
  return Math.min(pictures, Math.max(1, ((share * (1 - share)) / variance) * few));
}
