import { smallerBatch } from '../core/batchSize.js';
import type { Reached } from '../core/howFar.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { EventOf } from '../protocol/runEvents.js';
import { checkpointsThere } from './checkpointList.js';

/** What a run's folder keeps of it. @param options undefined where its log does not say them */
export function reachedIn(
  runFolder: string,
  logged: readonly EventOf<'checkpoint'>[],
  options: TrainingOptions | undefined,
): Reached {
  return {
    newest: checkpointsThere(runFolder, logged).at(-1),
    epochs: options?.epochs ?? 0,
    smaller: options && smallerBatch(options),
  };
}
