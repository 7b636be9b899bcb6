import type { TrainingOptions } from '../protocol/options.js';
import type { BestValidation } from '../runs/loopState.js';

/**
 * Whether so many epochs have brought nothing better that a run ends: as many as its patience, behind the last that
 * was better. Epochs that train
 * the last layer alone do not count, nor those before the run was last told to go on.
 *
 * @param best of the network that is trained for: of one for int8 there is none while it is float
 * @param since epochs behind which somebody told it to go on
 */
export function isOutOfPatience(
  { patience, headEpochs, frozen }: Pick<TrainingOptions, 'patience' | 'headEpochs' | 'frozen'>,
  epoch: number,
  best: Pick<BestValidation, 'epoch' | 'improved'> | undefined,
  since: number,
): boolean {
  if (patience === 0 || !best) return false;
  return epoch - Math.max(best.improved ?? best.epoch, since, frozen ? 0 : headEpochs) >= patience;
}
