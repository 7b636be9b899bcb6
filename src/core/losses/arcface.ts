import { marginCrossEntropy } from './angularMargin.js';
import type { LossFunction } from './loss.js';
import { lossOfScores } from './lossOfScores.js';

/**
 * ArcFace (Deng et al. 2019, equation 3): cross-entropy of cosines, where the label's must win although its angle is made larger.
 * Read from a cosine head's scores, as CosFace is.
 */
export interface ArcFaceLoss {
  readonly kind: 'arcface';
  /** s: how long the head's columns are. */
  readonly scale: number;
  /** m, in radians: what is added to the angle to the label. */
  readonly margin: number;
}

/** Computed in float64. */
export const arcface: LossFunction<ArcFaceLoss> = {
  reads: ['scores'],
  settings: { scale: { least: 1, below: 512, ramp: 'scale' }, margin: { least: 0, below: 3, ramp: 'margin' } },
  compute: ({ scale, margin }, { scores }, labels, { factor }) => {
    const margins = { m1: 1, m2: margin, m3: 0 };
    return lossOfScores(scores, labels, (row) => marginCrossEntropy(row, scale, margins), factor);
  },
};
