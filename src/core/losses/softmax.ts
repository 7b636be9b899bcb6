import type { LossFunction } from './loss.js';

/** Sparse categorical cross-entropy of the scores, in nats. */
export interface SoftmaxLoss {
  readonly kind: 'softmax';
  /**
   * Share of the target probability that is spread evenly over all people (Szegedy et al. 2016, section 7). It is in the
   * gradient alone: the loss that is told stays that of the label.
   */
  readonly labelSmoothing: number;
}

/**
 * Computed in float64 with the row's maximum taken out, so that it overflows for no finite input. The gradient is
 * (softmax − target probabilities) / rows. Where two people tie, the lower number wins, as in NumPy's argmax.
 */
export const softmax: LossFunction<SoftmaxLoss> = {
  reads: ['scores'],
  compute({ labelSmoothing }, { scores }, labels) {
    const rows = labels.length;
    const people = scores ? scores.length / rows : NaN;
    if (!scores || !Number.isInteger(people))
      throw new RangeError(`${scores?.length ?? 'no'} scores for ${rows} labels`);
    const gradient = new Float32Array(scores.length);
    const exponentials = new Float64Array(people);
    let lossSum = 0;
    let correct = 0;
    for (let row = 0; row < rows; row++) {
      const label = labels[row]!;
      if (label < 0 || label >= people)
        throw new RangeError(`label ${label} of row ${row} is outside 0..${people - 1}`);
      const base = row * people;
      let best = 0;
      for (let c = 1; c < people; c++) if (scores[base + c]! > scores[base + best]!) best = c;
      const maximum = scores[base + best]!;
      let sum = 0;
      for (let c = 0; c < people; c++) sum += exponentials[c] = Math.exp(scores[base + c]! - maximum);
      for (let c = 0; c < people; c++) gradient[base + c] = (exponentials[c]! / sum - labelSmoothing / people) / rows;
      gradient[base + label] = (exponentials[label]! / sum - (1 - labelSmoothing + labelSmoothing / people)) / rows;
      const loss = Math.log(sum) + maximum - scores[base + label]!;
      lossSum += loss;
      // Where no score is a number every comparison fails, and the first person would be the best.
      if (best === label && Number.isFinite(loss)) correct++;
    }
    return { lossSum, correct, gradients: { scores: gradient } };
  },
};
