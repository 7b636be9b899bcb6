import { marginCrossEntropy } from './angularMargin.js';
import type { LossFunction } from './loss.js';
import { lossOfScores } from './lossOfScores.js';

/**
 * The margins of SphereFace, ArcFace and CosFace in one (Deng et al. 2019, equation 4): the label's cosine becomes
 * cos(m1·θ + m2) − m3. Read from a cosine head's scores, as CosFace is.
 */
export interface CombinedMarginLoss {
  readonly kind: 'combined';
  /** s: how long the head's columns are. */
  readonly scale: number;
  /** Times the angle. */
  readonly m1: number;
  /** Radians added to the angle. */
  readonly m2: number;
  /** Taken from the cosine. */
  readonly m3: number;
}

/** Computed in float64. */
export const combined: LossFunction<CombinedMarginLoss> = {
  reads: ['scores'],
  settings: {
    scale: { least: 1, below: 512, ramp: 'scale' },
    m1: { least: 1, below: 5, ramp: 'margin' },
    m2: { least: 0, below: 3, ramp: 'margin' },
    m3: { least: 0, below: 1, ramp: 'margin' },
  },
  compute: ({ scale, ...margins }, { scores }, labels, { factor }) =>
    lossOfScores(scores, labels, (row) => marginCrossEntropy(row, scale, margins), factor),
};
