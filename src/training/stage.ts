import type { TrainingSession } from '../engine/engine.js';
import type { EventOf } from '../protocol/runEvents.js';
import type { ReadCheckpoint } from '../runs/checkpoint.js';
import type { BatchReader } from './batchReader.js';
import type { StageStrangers } from './strangers.js';

/** What trains, and where its batches come from; one stage of a run follows the other. */
export interface Stage {
  readonly name: EventOf<'stage'>['name'];
  readonly session: TrainingSession;
  readonly reader: BatchReader;
  /** Where strangers can be measured beside it. */
  readonly strangers?: StageStrangers;
  /** Keeps for the next run what it need not compute again. */
  readonly save?: () => void;
}

/** What trained in an earlier process, and beside it. */
export type TrainedBefore = Pick<ReadCheckpoint, 'session' | 'beside'>;
