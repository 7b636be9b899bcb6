import fs from 'node:fs';
import path from 'node:path';
import type { EventOf } from '../protocol/runEvents.js';
import type { SessionState } from '../graph/networkState.js';
import type { Graph } from '../graph/graph.js';
import { withDiskErrors } from '../platform/files.js';
import { writeCheckpoint, type TrainingPosition } from './checkpoint.js';
import { runDisk } from './runDisk.js';
import type { RunFolder } from './runFolder.js';

/** Writes a run's checkpoints and removes old ones: the newest few stay, and the best one. */
export class CheckpointKeeper {
  private readonly written: string[] = [];
  private best: { folder: string; accuracy: number } | undefined;

  constructor(
    private readonly folder: RunFolder,
    private readonly graph: Graph,
    private readonly newest: number,
  ) {}

  /**
   * @param accuracy on the validation pictures; undefined for a checkpoint inside an epoch
   * @throws UserError `disk-full` or `run-folder-unwritable`; earlier checkpoints are then as they were
   */
  write(position: TrainingPosition, session: SessionState, accuracy: number | undefined): EventOf<'checkpoint'> {
    const name =
      accuracy === undefined
        ? `step-${String(session.step).padStart(6, '0')}`
        : `epoch-${String(position.epoch).padStart(4, '0')}`;
    const folder = path.join(this.folder.checkpoints, name);
    const bytes = withDiskErrors(runDisk(this.folder.path, bytesOf(session)), () =>
      writeCheckpoint(folder, this.graph, { position, session }),
    );
    this.written.push(folder);
    const best = accuracy !== undefined && accuracy > (this.best?.accuracy ?? -1);
    if (best) this.best = { folder, accuracy };
    this.removeOld();
    return { type: 'checkpoint', path: `checkpoints/${name}`, epoch: position.epoch, step: session.step, bytes, best };
  }

  /** The best so far is held against other checkpoints no longer: these are of another kind. */
  forgetBest(): void {
    this.best = undefined;
  }

  private removeOld(): void {
    const stay = new Set([...this.written.slice(-this.newest), this.best?.folder]);
    for (const folder of [...this.written]) {
      if (stay.has(folder)) continue;
      try {
        fs.rmSync(folder, { recursive: true, force: true });
      } catch {
        // One that cannot be removed costs space, not the run.
      }
      this.written.splice(this.written.indexOf(folder), 1);
    }
  }
}

/** Of the arrays that a checkpoint holds; the rest of it is small. */
function bytesOf({ parameters, moments }: SessionState): number {
  const arrays = [...parameters.values(), ...[...moments.values()].flatMap(({ first, second }) => [first, second])];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
