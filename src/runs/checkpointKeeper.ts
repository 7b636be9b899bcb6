import fs from 'node:fs';
import path from 'node:path';
import { isBetter, type Validated } from '../core/best.js';
import { keptCheckpoints } from '../core/checkpoints.js';
import type { Graph } from '../graph/graph.js';
import type { SessionState } from '../graph/networkState.js';
import { withDiskErrors } from '../platform/files.js';
import type { EventOf } from '../protocol/runEvents.js';
import { writeCheckpoint, type Checkpoint } from './checkpoint.js';
import type { BestValidation, KeptState } from './loopState.js';
import { runDisk } from './runDisk.js';
import { checkpointPath, type RunFolder } from './runFolder.js';

/** What a run lends. */
export interface CheckpointPorts {
  readonly tell: (event: EventOf<'checkpoint'>) => void;
  /** @throws UserError when the run folder is not there any more */
  readonly requireThere: () => void;
}

/** Writes a run's checkpoints, tells each, and removes those that need not stay. */
export class CheckpointKeeper {
  private written: EventOf<'checkpoint'>[] = [];
  private held: BestValidation | undefined;

  constructor(
    private readonly folder: RunFolder,
    private readonly graph: Graph,
    private readonly newest: number,
    private readonly run: CheckpointPorts,
    /** Whether its checkpoints hold the graph: of a network that no builder makes. */
    private readonly holdsNetwork = false,
  ) {}

  /** The validation that others are held against. */
  get best(): BestValidation | undefined {
    return this.held;
  }

  /** Goes on behind a checkpoint that an earlier process wrote, which may have ended before it removed what need not stay. */
  goOn(from: EventOf<'checkpoint'>, { earlier, best }: KeptState): void {
    this.written = [...earlier, from];
    this.held = best;
    this.removeOld();
  }

  /**
   * Old ones go after the new one was told: whenever the process ends, the log names a checkpoint that is whole.
   *
   * @param validated undefined for a checkpoint inside an epoch
   * @returns whether it is the best so far
   * @throws UserError `disk-full` or `run-folder-unwritable`; earlier checkpoints are then as they were
   */
  write(checkpoint: Omit<Checkpoint, 'kept'>, validated: Validated | undefined): boolean {
    const { epoch } = checkpoint.position;
    const { step } = checkpoint.session;
    const name = validated ? `epoch-${String(epoch).padStart(4, '0')}` : `step-${String(step).padStart(6, '0')}`;
    const folder = path.join(this.folder.checkpoints, name);
    const isBest = validated !== undefined && isBetter(validated, this.held);
    const best = isBest ? { epoch, ...validated } : this.held;
    this.run.requireThere();
    const kept = { earlier: this.written, isBest, ...(best && { best }) };
    const bytes = withDiskErrors(runDisk(this.folder.path, bytesOf(checkpoint.session)), () =>
      writeCheckpoint(folder, this.graph, { ...checkpoint, kept }, this.holdsNetwork),
    );
    this.held = best;
    const event = { type: 'checkpoint', path: checkpointPath(name), epoch, step, bytes, best: isBest } as const;
    this.run.tell(event);
    this.written = [...this.written, event];
    this.removeOld();
    return isBest;
  }

  /** The best so far is held against other checkpoints no longer: these are of another kind. */
  forgetBest(): void {
    this.held = undefined;
  }

  private removeOld(): void {
    const stay = keptCheckpoints(this.written, this.newest);
    for (const checkpoint of this.written)
      if (!stay.includes(checkpoint)) removeWhole(this.folder.checkpoint(checkpoint.path));
    this.written = stay;
  }
}

/** Under its own name a checkpoint is whole to the last: it is renamed, and then removed file by file. */
export function removeWhole(folder: string): void {
  const doomed = path.join(path.dirname(folder), `.old-${path.basename(folder)}-${process.pid}`);
  try {
    fs.renameSync(folder, doomed);
    fs.rmSync(doomed, { recursive: true, force: true });
  } catch {
    // One that cannot be removed costs space, not the run.
  }
}

/** Of the arrays that a checkpoint holds; the rest of it is small. */
function bytesOf({ parameters, moments }: SessionState): number {
  const arrays = [...parameters.values(), ...[...moments.values()].flatMap(({ first, second }) => [first, second])];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
