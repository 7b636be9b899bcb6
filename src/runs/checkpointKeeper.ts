import path from 'node:path';
import { isBetter, type Validated } from '../core/best.js';
import { keptCheckpoints } from '../core/checkpoints.js';
import type { Graph } from '../graph/graph.js';
import type { SessionState } from '../graph/networkState.js';
import { diskError } from '../platform/files.js';
import type { EventOf } from '../protocol/runEvents.js';
import { encodeCheckpoint, type Checkpoint } from './checkpoint.js';
import type { CheckpointWriter } from './checkpointWriter.js';
import type { BestValidation, KeptState } from './loopState.js';
import { runDisk } from './runDisk.js';
import { checkpointPath, type RunFolder } from './runFolder.js';

/** What a run lends. */
export interface CheckpointPorts {
  readonly tell: (event: EventOf<'checkpoint'>) => void;
  /** @throws UserError when the run folder is not there any more */
  readonly requireThere: () => void;
}

/** Has a run's checkpoints written, tells each, and has those removed that need not stay. */
export class CheckpointKeeper {
  private written: EventOf<'checkpoint'>[] = [];
  private held: BestValidation | undefined;
  private beginsAnew = false;
  /** Name of the one that the disk did not take. */
  private failed: string | undefined;

  constructor(
    private readonly folder: RunFolder,
    private readonly graph: Graph,
    private readonly newest: number,
    private readonly run: CheckpointPorts,
    private readonly writer: CheckpointWriter,
    /** In float, for checkpoints to hold it: a network that no builder makes. */
    private readonly network?: Graph,
  ) {}

  /** The validation that others are held against. */
  get best(): BestValidation | undefined {
    return this.held;
  }

  /** The newest that is there. */
  get last(): EventOf<'checkpoint'> | undefined {
    return this.written.at(-1);
  }

  /** Goes on behind a checkpoint that an earlier process wrote, which may have ended before it removed what need not stay. */
  async goOn(from: EventOf<'checkpoint'>, { earlier, best }: KeptState): Promise<void> {
    this.written = [...earlier, from];
    this.held = best;
    await this.removeOld();
  }

  /**
   * Takes what it is given before it returns: the session may train on. It is told when it is on the disk for good, and old ones go
   * after that: whenever the process ends, the log names a checkpoint that is whole. The one before must have settled.
   *
   * @param validated undefined for a checkpoint inside an epoch
   * @throws UserError `disk-full` or `run-folder-unwritable`; earlier checkpoints are then as they were
   */
  async write(checkpoint: Omit<Checkpoint, 'kept'>, validated: Validated | undefined): Promise<void> {
    const { epoch } = checkpoint.position;
    const { step } = checkpoint.session;
    const name = validated ? `epoch-${String(epoch).padStart(4, '0')}` : `step-${String(step).padStart(6, '0')}`;
    if (this.beginsAnew) this.held = undefined;
    this.beginsAnew = false;
    const isBest = validated !== undefined && isBetter(validated, this.held);
    const best = isBest ? { epoch, ...validated, improved: improvedAt(epoch, validated, this.held) } : this.held;
    this.run.requireThere();
    const kept = { earlier: this.written, isBest, ...(best && { best }) };
    const files = encodeCheckpoint(this.graph, { ...checkpoint, kept }, this.network);
    const size = bytesOf(checkpoint.session);
    const folder = path.join(this.folder.checkpoints, name);
    // The attempt before may have failed behind its last byte.
    if (this.failed === name) await this.writer.remove([folder]);
    this.failed = name;
    const bytes = await this.writer.write(folder, files).catch((error: unknown) => {
      throw diskError(runDisk(this.folder.path, size), error);
    });
    this.failed = undefined;
    this.held = best;
    const event = { type: 'checkpoint', path: checkpointPath(name), epoch, step, bytes, best: isBest } as const;
    this.run.tell(event);
    this.written = [...this.written, event];
    await this.removeOld();
  }

  /** The next is not held against those before: these are of another kind. */
  forgetBest(): void {
    this.beginsAnew = true;
  }

  private async removeOld(): Promise<void> {
    const stay = keptCheckpoints(this.written, this.newest);
    const gone = this.written.filter((checkpoint) => !stay.includes(checkpoint));
    this.written = stay;
    await this.writer.remove(gone.map(({ path: at }) => this.folder.checkpoint(at)));
  }
}

/** Of equal ones the later is the best, but not better. */
function improvedAt(epoch: number, validated: Validated, before: BestValidation | undefined): number {
  return before && isBetter(before, validated) ? (before.improved ?? before.epoch) : epoch;
}

/** Of the arrays that a checkpoint holds; the rest of it is small. */
function bytesOf({ parameters, moments }: SessionState): number {
  const arrays = [...parameters.values(), ...[...moments.values()].flatMap(({ first, second }) => [first, second])];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
