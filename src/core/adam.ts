export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the second moment before bias correction, as Keras does (PyTorch adds it after). */
  readonly epsilon: number;
}

export const KERAS_ADAM: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** First and second moment of one parameter. */
export interface AdamMoments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * One Adam update in place (Kingma and Ba 2015, section 2's efficient order, the form Keras uses):
 * the rate carries both bias corrections.
 *
 * @param step 1 for the first update
 * @param decay decoupled weight decay, as a share of the learning rate: AdamW (Loshchilov and Hutter 2019), where the
 *   weights lose learningRate · decay of themselves before the update
 */
export function adamUpdate(
  weights: Float32Array,
  gradient: Float32Array,
  moments: AdamMoments,
  step: number,
  learningRate: number,
  { beta1, beta2, epsilon }: AdamOptions = KERAS_ADAM,
  decay = 0,
): void {
  const { first, second } = moments;
  const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
  const keep = 1 - learningRate * decay;
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]!;
    const m = first[i]! + (g - first[i]!) * (1 - beta1);
    const v = second[i]! + (g * g - second[i]!) * (1 - beta2);
    first[i] = m;
    second[i] = v;
    weights[i] = weights[i]! * keep - (rate * m) / (Math.sqrt(v) + epsilon);
  }
}
