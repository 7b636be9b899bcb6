import path from 'node:path';
import type { RunState } from '../core/runState.js';
import type { RunEvent } from '../protocol/runEvents.js';
import { runFolderOf } from './runFolder.js';
import { RunReader } from './runReader.js';

/** What the run before tells up to the checkpoint that a run goes on from. */
export interface ParentRun {
  readonly runFolder: string;
  /** `epoch-0010`. */
  readonly checkpoint: string;
  /** Updates and epochs behind the checkpoint. */
  readonly step: number;
  readonly epoch: number;
  readonly events: RunEvent[];
}

/** Read from the parent's folder; undefined for a run without one, or when it is gone. */
export function parentRunOf(state: RunState): ParentRun | undefined {
  const parent = state.run?.options.parent;
  if (parent === undefined) return undefined;
  const runFolder = runFolderOf(parent);
  const events = new RunReader(runFolder).readNew();
  const checkpoint = path.basename(parent);
  const written = events.find((event) => event.type === 'checkpoint' && path.posix.basename(event.path) === checkpoint);
  if (written?.type !== 'checkpoint') return undefined;
  const { step, epoch } = written;
  const before = events.filter((event) => (event.type !== 'step' && event.type !== 'epoch') || event.step <= step);
  return { runFolder, checkpoint, step, epoch, events: before };
}
