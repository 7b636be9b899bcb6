import type { TrainingOptions } from '../protocol/options.js';

/**
 * Learning rate of a step. While the head trains alone it is constant; then, with `cosine`, it goes from the learning rate to
 * zero over what is left of the run, half a cosine wave (Loshchilov and Hutter 2017, without restarts).
 *
 * @param step 1 for the first update of the run
 */
export function learningRateAt(
  options: Pick<TrainingOptions, 'learningRate' | 'schedule' | 'epochs' | 'headEpochs' | 'frozen'>,
  step: number,
  stepsPerEpoch: number,
): number {
  if (options.schedule === 'constant') return options.learningRate;
  const head = options.frozen ? 0 : Math.min(options.headEpochs, options.epochs) * stepsPerEpoch;
  const rest = options.epochs * stepsPerEpoch - head;
  if (step <= head || rest <= 0) return options.learningRate;
  return (options.learningRate * (1 + Math.cos((Math.PI * (step - head - 1)) / rest))) / 2;
}
