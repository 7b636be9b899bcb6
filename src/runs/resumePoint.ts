import fs from 'node:fs';
import path from 'node:path';
import { formatList } from '../core/format.js';
import { reduceAll } from '../core/runState.js';
import { UserError } from '../core/userError.js';
import type { EventOf, RunEvent, RunState } from '../protocol/runEvents.js';
import { readCheckpoint, type ReadCheckpoint } from './checkpoint.js';
import { removeWhole } from './checkpointFiles.js';
import { checkpointsThere } from './checkpointList.js';
import type { KeptState, LoopState } from './loopState.js';
import { checkpointPath, RunFolder } from './runFolder.js';
import { RunReader } from './runReader.js';
import { readRunRecord, type RunRecord } from './runRecord.js';

/** From where a run goes on. */
export interface ResumePoint {
  readonly record: RunRecord;
  /** What was told so far comes to, and what stood when the checkpoint was written. */
  readonly state: RunState;
  readonly before: RunState;
  readonly event: EventOf<'checkpoint'>;
  readonly checkpoint: ReadCheckpoint;
  readonly loop: LoopState;
  readonly kept: KeptState;
  /** Names of newer checkpoints that cannot be read. */
  readonly passedOver: readonly string[];
}

/**
 * The newest checkpoint of a run that is whole, byte for byte.
 *
 * @throws UserError `run-unreadable`, `run-without-checkpoint`, or `checkpoint-version` for a run of 0.1
 */
export function resumePoint(runFolder: string): ResumePoint {
  const folder = new RunFolder(runFolder);
  const record = recordOf(runFolder);
  const events = new RunReader(runFolder).readNew();
  const state = reduceAll(events);
  const passedOver: string[] = [];
  for (const event of checkpointsThere(runFolder, state.checkpoints).reverse()) {
    const checkpoint = soundCheckpoint(folder.checkpoint(event.path));
    if (!checkpoint) {
      passedOver.push(path.posix.basename(event.path));
      continue;
    }
    const { loop, kept } = checkpoint;
    if (!loop || !kept) throw ofOldVersion(event);
    const before = stateAt(events, event);
    // Of one that a kill kept from being told, only its own files know whether it was the best.
    const whole = { ...event, best: kept.isBest };
    return { record, state, before, event: whole, checkpoint, loop, kept, passedOver };
  }
  const found = passedOver.length > 0 ? `: ${formatList(passedOver)} cannot be read` : '';
  throw new UserError(
    'run-without-checkpoint',
    `The run “${path.basename(runFolder)}” has no checkpoint to go on from${found}.`,
    'Train again with the same options.',
  );
}

/**
 * Takes away what stands where the run will write again: checkpoints that are not among those kept at the point from which it goes
 * on. Folders with other names are somebody else's.
 */
export function clearBeyond(runFolder: string, { event, kept }: Pick<ResumePoint, 'event' | 'kept'>): void {
  const { checkpoints } = new RunFolder(runFolder);
  const stay = new Set([event, ...kept.earlier].map(({ path: at }) => at));
  for (const name of fs.readdirSync(checkpoints))
    if (/^(?:epoch|step)-\d+$/.test(name) && !stay.has(checkpointPath(name))) removeWhole(path.join(checkpoints, name));
}

/** What a run had told of the steps before a checkpoint, which is told while others are made, or was not told because of a kill. */
function stateAt(events: readonly RunEvent[], { path: at, step }: EventOf<'checkpoint'>): RunState {
  const told = events.findLastIndex((event) => event.type === 'checkpoint' && event.path === at);
  const before = events.filter((one, i) => (told < 0 || i <= told) && (!('step' in one) || one.step <= step));
  return reduceAll(before);
}

/** @throws UserError `checkpoint-version` for one of another version, which is not damaged */
function soundCheckpoint(folder: string): ReadCheckpoint | undefined {
  try {
    return readCheckpoint(folder, { withPeople: false });
  } catch (error) {
    if (error instanceof UserError && error.code === 'checkpoint-damaged') return undefined;
    throw error;
  }
}

function recordOf(runFolder: string): RunRecord {
  try {
    return readRunRecord(runFolder);
  } catch (cause) {
    throw new UserError(
      'run-unreadable',
      `“${path.basename(runFolder)}” is not the folder of a run, or its run.json is damaged.`,
      'Choose a folder from .face-trainer/runs.',
      { cause },
    );
  }
}

function ofOldVersion({ path: at }: EventOf<'checkpoint'>): UserError {
  return new UserError(
    'checkpoint-version',
    `“${path.posix.basename(at)}” was written by a version of Face Trainer that did not note what a run needs to go on.`,
    'Train a new network from it with --weights, or train again.',
  );
}
