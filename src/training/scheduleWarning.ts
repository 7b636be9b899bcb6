import { formatCount } from '../core/format.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { ToldEvent } from '../protocol/runEvents.js';
import type { RateOptions } from './learningRate.js';

/** What a schedule asks for that the run is too short for. */
export function scheduleWarning({
  schedule,
  warmupEpochs,
  headEpochs,
  frozen,
  decayEpochs,
  epochs,
  parent,
}: RateOptions & Pick<TrainingOptions, 'parent'>): ToldEvent | undefined {
  if (parent !== undefined) return undefined; // its epochs are not those that the schedule was made for
  const length = `the run has only ${formatCount(epochs, 'epoch')}`;
  const grown = (frozen ? 0 : headEpochs) + warmupEpochs;
  if (warmupEpochs > 0 && grown > epochs)
    return never(`The warm-up would end after epoch ${grown}, but ${length}: the learning rate is never reached.`);
  if (schedule !== 'steps' || decayEpochs.some((epoch) => epoch < epochs)) return undefined;
  const first = Math.min(...decayEpochs);
  return never(
    decayEpochs.length === 0
      ? 'The learning rate falls in steps, but no epoch is named behind which it does: it stays as it is.'
      : `The learning rate would fall after epoch ${first}, but ${length}: it stays as it is.`,
  );
}

function never(message: string): ToldEvent {
  const advice = 'Train for more epochs, or name earlier ones (--warmup-epochs, --decay-epochs).';
  return { type: 'warning', code: 'schedule-never', message, advice };
}
