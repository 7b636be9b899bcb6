import type { Random } from '../core/random.js';
import type { Dataset } from '../dataset/dataset.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { ToldEvent } from '../protocol/runEvents.js';
import type { TrainingPosition } from '../runs/checkpoint.js';
import type { LoopState } from '../runs/loopState.js';
import type { Checkpointing } from './checkpointing.js';
import type { QuantizationControl } from './quantization/quantizationControl.js';
import type { Stage } from './stage.js';
import type { StopSignal } from './stopSignal.js';

/** What a loop is made of. */
export interface LoopParts {
  readonly options: TrainingOptions;
  readonly dataset: Dataset;
  /** The stage that an epoch belongs to, made from the one before; the same one as long as it lasts. */
  readonly stageOf: (epoch: number, before: Stage | undefined) => Promise<Stage>;
  readonly checkpoints: Checkpointing;
  /** At the end, while the disk does not take the last checkpoint: waits a moment; @returns whether to try again */
  readonly isPatient: () => Promise<boolean>;
  readonly tell: (event: ToldEvent) => void;
  readonly stop: StopSignal;
  /** Of the order of the pictures. */
  readonly random: Random;
  readonly quantization: QuantizationControl | undefined;
  /** What numbers come of, for a run that goes on elsewhere one day. */
  readonly arithmetic: string;
  /** Where an earlier process was. */
  readonly from?: LoopStart;
}

/** Where a loop begins that goes on. */
export interface LoopStart {
  readonly position: TrainingPosition;
  /** Updates so far. */
  readonly step: number;
  readonly loop: LoopState;
}
