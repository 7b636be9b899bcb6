import type { TrainingOptions } from '../protocol/options.js';

export type RateOptions = Pick<
  TrainingOptions,
  'learningRate' | 'schedule' | 'warmupEpochs' | 'decayEpochs' | 'decayFactor' | 'epochs' | 'headEpochs' | 'frozen'
>;

/**
 * Learning rate of a step. While the head trains alone it is constant; then it grows in a line over the warm-up, of whose W steps
 * the k-th has k / W of it (Goyal et al. 2017). With `cosine` it then goes from the learning rate to zero over what is left of the
 * run, half a cosine wave (Loshchilov and Hutter 2017, without restarts); with `steps` it falls behind epochs counted from the
 * beginning of the run.
 *
 * @param step 1 for the first update of the run
 */
export function learningRateAt(options: RateOptions, step: number, stepsPerEpoch: number): number {
  const { learningRate, schedule, epochs, headEpochs, frozen, decayEpochs, decayFactor } = options;
  const head = frozen ? 0 : Math.min(headEpochs, epochs) * stepsPerEpoch;
  const warmup = Math.round(options.warmupEpochs * stepsPerEpoch);
  if (step > head && step <= head + warmup) return (learningRate * (step - head)) / warmup;
  if (schedule === 'steps') {
    const behind = decayEpochs.filter((epoch) => step > epoch * stepsPerEpoch).length;
    return learningRate * decayFactor ** behind;
  }
  const began = head + warmup;
  const rest = epochs * stepsPerEpoch - began;
  if (schedule === 'constant' || step <= began || rest <= 0) return learningRate;
  return (learningRate * (1 + Math.cos((Math.PI * (step - began - 1)) / rest))) / 2;
}
