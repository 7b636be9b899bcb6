import type { WantedStrangers } from '../protocol/evaluation.js';
import type { FaceSet } from './faceSet.js';
import type { Pair } from './pairs.js';

/** Who is enrolled with what, and which pictures are tried. */
export type EvaluatedGallery =
  /** Every picture is enrolled, and tried against the gallery without it. */
  | { readonly kind: 'leave-one-out' }
  /** So many pictures of each person, chosen by the seed, are enrolled; the others are tried. Of somebody with no more than that all but one. */
  | { readonly kind: 'draw'; readonly pictures: number }
  /** These rows are enrolled, the others are tried. */
  | { readonly kind: 'rows'; readonly enrolled: readonly boolean[] }
  /** Prototypes that were trained, [people, E], each of length 1: all rows are tried. */
  | { readonly kind: 'prototypes'; readonly vectors: Float32Array; readonly people: readonly string[] };

export interface EvaluationInput extends FaceSet {
  /** Absent: leave one out. */
  readonly gallery?: EvaluatedGallery;
  /** Pictures of people who are not enrolled. Absent: each person in turn is a stranger to the others. */
  readonly strangers?: FaceSet;
  /** A protocol of verification on pictures of its own. Absent: pairs of the user's own people. */
  readonly pairs?: { readonly faces: FaceSet; readonly list: readonly Pair[] };
  /** The threshold in use. Absent: the one that the evidence suggests. */
  readonly threshold?: number;
  readonly wanted: WantedStrangers;
  readonly seed: number;
}
