import path from 'node:path';
import { namesIn } from '../platform/namesIn.js';
import type { EventOf } from '../protocol/runEvents.js';
import { isCheckpoint, positionOf } from './checkpointFacts.js';
import { checkpointPath, RunFolder } from './runFolder.js';

/**
 * The checkpoints of a run that are there and whole, in the order of their steps: those that its log names, and those that a
 * kill kept out of it between their last byte and their line.
 *
 * @param logged of the run's log
 */
export function checkpointsThere(runFolder: string, logged: readonly EventOf<'checkpoint'>[]): EventOf<'checkpoint'>[] {
  const folder = new RunFolder(runFolder);
  const known = new Map(logged.map((checkpoint) => [checkpoint.path, checkpoint]));
  const there = namesIn(folder.checkpoints).flatMap((name) => {
    if (name.startsWith('.')) return [];
    const at = path.join(folder.checkpoints, name);
    if (!isCheckpoint(at)) return [];
    const own = known.get(checkpointPath(name)) ?? untold(at);
    return own ? [own] : [];
  });
  return there.sort((a, b) => a.step - b.step || a.epoch - b.epoch);
}

/** What its files say of a checkpoint that no log names. It is not known to be the best. */
function untold(folder: string): EventOf<'checkpoint'> | undefined {
  const position = positionOf(folder);
  return position && { type: 'checkpoint', path: checkpointPath(path.basename(folder)), ...position, best: false };
}
