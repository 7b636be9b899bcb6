import type { ScannedDataset } from '../dataset/scanDataset.js';
import { selectEngine, type SelectedEngine } from '../engine/selectEngine.js';
import { pixelCacheFolder } from '../platform/cacheFolder.js';
import type { MemoryReading } from '../platform/memory.js';
import type { TrainerMessage } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { ToldEvent } from '../protocol/runEvents.js';
import type { CheckpointWriter } from '../runs/checkpointWriter.js';
import type { ResumePoint } from '../runs/resumePoint.js';
import type { RunFolder } from '../runs/runFolder.js';
import { noteRunning } from '../runs/runningRuns.js';
import type { RunRecord } from '../runs/runRecord.js';
import type { FacesOf } from './alignedDataset.js';
import type { DiskPatience } from './diskPatience.js';
import type { FaceStart } from './faceStart.js';
import type { RunTeller } from './runTeller.js';
import type { StopSignal } from './stopSignal.js';
import type { Teacher } from './teacher.js';
import { watchRun, type RunWatch } from './watchRun.js';

/** What a test replaces. */
export interface TrainingPorts {
  readonly now: () => Date;
  readonly pixelCache: string;
  /** What finds faces for a face network when absent. */
  readonly openFaces?: (face: FaceStart) => Promise<FacesOf>;
  /** Lists the run among those of this machine; @returns takes it off the list. */
  readonly noteRunning?: (runFolder: string, since: Date) => () => void;
  /** Says that the run lives, and looks after its memory; nobody does when absent. */
  readonly watch?: (runFolder: string, since: Date, onShortage: (left: MemoryReading) => void) => RunWatch;
  /** How long a disk is borne that takes nothing; {@link DISK_PATIENCE} when absent. */
  readonly patience?: Partial<DiskPatience>;
  /** Writes checkpoints, in a thread of its own when absent. */
  readonly writer?: CheckpointWriter;
  /** Bytes that may still be written where a folder lies; undefined where nobody knows. */
  readonly freeBytes?: (folder: string) => number | undefined;
  /** Up to where the columns of all people are in memory; {@link IN_MEMORY_BYTES} when absent. */
  readonly inMemoryBytes?: number;
  readonly selectEngine: (options: Pick<TrainingOptions, 'engine' | 'threads'>) => Promise<SelectedEngine>;
}

export const PORTS: TrainingPorts = {
  now: () => new Date(),
  pixelCache: pixelCacheFolder(),
  noteRunning: (runFolder, since) => noteRunning(runFolder, since),
  watch: (runFolder, since, onShortage) => watchRun(runFolder, since, { onShortage }),
  selectEngine: (options) => selectEngine(options),
};

/** What a run is started with. */
export interface RunSurroundings {
  readonly emit: (message: TrainerMessage) => void;
  readonly stop: StopSignal;
  readonly ports: TrainingPorts;
}

/** What the parts of a run share. */
export interface RunContext extends RunSurroundings {
  readonly options: TrainingOptions;
  /** Of a run that starts from the face network. */
  readonly face: FaceStart | undefined;
  /** Of a run that learns another network's embedding. */
  readonly teacher: Teacher | undefined;
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly scanned: ScannedDataset;
  readonly teller: RunTeller;
  readonly tell: (event: ToldEvent) => void;
  /** Where an earlier process was; without all that was told, of which there may be a million steps. */
  readonly from: Omit<ResumePoint, 'state'> | undefined;
}
