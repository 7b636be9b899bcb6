import type { LossFunction } from './loss.js';
import { lossOfScores } from './lossOfScores.js';

/** Sparse categorical cross-entropy of the scores, in nats. */
export interface SoftmaxLoss {
  readonly kind: 'softmax';
  /**
   * Share of the target probability that is spread evenly over all people (Szegedy et al. 2016, section 7). It is in the
   * gradient alone: the loss that is told stays that of the label.
   */
  readonly labelSmoothing: number;
}

/** Computed in float64. The gradient is (softmax − target probabilities) / rows. */
export const softmax: LossFunction<SoftmaxLoss> = {
  reads: ['scores'],
  settings: { labelSmoothing: { least: 0, below: 1 } },
  compute: ({ labelSmoothing }, { scores }, labels) =>
    lossOfScores(scores, labels, ({ scores: own, gradient, exponentials, maximum, label, rows }) => {
      const people = own.length;
      let sum = 0;
      for (const exponential of exponentials) sum += exponential;
      for (let c = 0; c < people; c++) gradient[c] = (exponentials[c]! / sum - labelSmoothing / people) / rows;
      gradient[label] = (exponentials[label]! / sum - (1 - labelSmoothing + labelSmoothing / people)) / rows;
      return Math.log(sum) + maximum - own[label]!;
    }),
};
