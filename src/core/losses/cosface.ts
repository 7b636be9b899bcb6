import type { LossFunction } from './loss.js';
import { lossOfScores } from './lossOfScores.js';

/**
 * CosFace (Wang et al. 2018, equation 4): cross-entropy of cosines, where the label's must win by a margin. The scores are
 * those of a cosine head, scale · cos θ: a dense layer without bias whose columns are as long as the scale, on a unit vector
 * (src/graph/cosineHead.ts).
 */
export interface CosFaceLoss {
  readonly kind: 'cosface';
  /** s: how long the head's columns are. */
  readonly scale: number;
  /** m: what is taken from the label's cosine. */
  readonly margin: number;
}

/**
 * Computed in float64. The gradient is (softmax − one-hot) / rows, of the scores with the label's lowered. With scale · margin
 * below 512 the lowered exponential is above zero, and so is the sum.
 */
export const cosface: LossFunction<CosFaceLoss> = {
  reads: ['scores'],
  settings: { scale: { least: 1, below: 512, ramp: 'scale' }, margin: { least: 0, below: 1, ramp: 'margin' } },
  compute: ({ scale, margin }, { scores }, labels, { factor }) =>
    lossOfScores(
      scores,
      labels,
      ({ scores: own, gradient, exponentials, maximum, label, rows }) => {
        const lowered = Math.exp(own[label]! - scale * margin - maximum);
        let sum = lowered;
        for (let c = 0; c < own.length; c++) if (c !== label) sum += exponentials[c]!;
        for (let c = 0; c < own.length; c++) gradient[c] = exponentials[c]! / sum / rows;
        gradient[label] = (lowered / sum - 1) / rows;
        return Math.log(sum) + maximum - (own[label]! - scale * margin);
      },
      factor,
    ),
};
