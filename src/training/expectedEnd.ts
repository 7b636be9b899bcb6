import type { Dataset } from '../dataset/dataset.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { Speedometer } from './speedometer.js';
import type { Stage } from './stage.js';

/** How many times a step of the head alone one of every layer takes. */
const WHOLE_STEP = 3;

/**
 * Seconds to the end of the last epoch.
 *
 * @param left batches of the epoch that follow
 */
export function etaSeconds(
  speed: Speedometer,
  { epochs, headEpochs, frozen }: Pick<TrainingOptions, 'epochs' | 'headEpochs' | 'frozen'>,
  { train, validation }: Dataset['split'],
  { stage, epoch, left, stepsPerEpoch }: Record<'epoch' | 'left' | 'stepsPerEpoch', number> & { stage: Stage['name'] },
): number {
  const epochsLeft = epochs - epoch;
  // Of the epochs that follow, those in which every layer trains, while now the head trains alone.
  const slower = stage === 'head' && !frozen ? Math.max(0, epochs - Math.max(epoch, headEpochs)) : 0;
  const steps = left + (epochsLeft + slower * (WHOLE_STEP - 1)) * stepsPerEpoch;
  // Forward alone costs about a third of a training step.
  const validationSteps = (stepsPerEpoch * validation.length) / train.length / 3;
  return speed.etaSeconds(steps, epochsLeft + 1, validationSteps);
}
