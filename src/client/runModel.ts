import fs from 'node:fs';
import path from 'node:path';
import type { Reached } from '../core/howFar.js';
import { silenceWords } from '../core/silence.js';
import { emptyRunState, phaseOf, reduceAll, type RunState } from '../core/runState.js';
import type { EventOf, RunEvent } from '../protocol/runEvents.js';
import type { Liveness, RunPhase } from '../protocol/panel.js';
import { checkpointsThere } from '../runs/checkpointList.js';
import { parentRunOf, type ParentRun } from '../runs/parentRun.js';
import { RunFolder } from '../runs/runFolder.js';
import { RunReader } from '../runs/runReader.js';
import { pulseOf } from '../runs/vitalSigns.js';

/**
 * A run as its folder tells it, kept up to date by reading on. A run of this window, of another window and of the
 * command line look the same from here; `owner` is what this window knows beside the folder.
 */
export class RunModel {
  readonly events: RunEvent[] = [];
  private readonly reader: RunReader;
  private folded: RunState = emptyRunState();
  private parentRead: ParentRun | undefined;

  constructor(
    readonly runFolder: string,
    private readonly owner?: { readonly running: boolean; readonly stopping: boolean },
  ) {
    this.reader = new RunReader(runFolder);
    this.readOn();
  }

  /** Takes what was written since the last call. */
  readOn(): RunEvent[] {
    const fresh = this.reader.readNew();
    // One by one: a long run has more events than a call can have arguments.
    for (const event of fresh) this.events.push(event);
    this.folded = reduceAll(fresh, this.folded);
    return fresh;
  }

  get state(): RunState {
    return this.folded;
  }

  get liveness(): Liveness {
    const { run, failure, finished } = this.folded;
    const pulse = run && !failure && !finished ? pulseOf(this.runFolder, run) : ({ state: 'gone' } as const);
    // Of one that is silent elsewhere nobody knows: who wants to go on with it may.
    const isThere = pulse.state !== 'gone' && !('host' in pulse);
    const alive = !failure && !finished && (this.owner ? this.owner.running : isThere);
    const answers = pulse.state === 'alive' || pulse.state === 'gone';
    const silence = answers ? undefined : silenceWords(pulse, this.reached);
    return {
      ...{ alive, stopping: alive && this.owner?.stopping === true, ownedHere: alive && this.owner !== undefined },
      ...(silence && { silence }),
    };
  }

  /** Whether its process ended without a last word. */
  get isGone(): boolean {
    const { run } = this.folded;
    const { alive, silence } = this.liveness;
    return run !== undefined && !this.folded.failure && !this.folded.finished && !alive && !silence;
  }

  /** What is kept of it. */
  get reached(): Reached {
    return { newest: this.checkpoints[0], epochs: this.folded.run?.options.epochs ?? 0 };
  }

  get phase(): RunPhase {
    return phaseOf(this.folded, this.liveness);
  }

  /** Those that are there, also when a kill kept one out of the log; the newest first. */
  get checkpoints(): EventOf<'checkpoint'>[] {
    return checkpointsThere(this.runFolder, this.folded.checkpoints).reverse();
  }

  /** The run that this one goes on from. */
  get parent(): ParentRun | undefined {
    this.parentRead ??= parentRunOf(this.folded);
    return this.parentRead;
  }

  get reportFile(): string {
    return new RunFolder(this.runFolder).report;
  }

  get hasReport(): boolean {
    return fs.existsSync(this.reportFile);
  }

  /** "wild": the dataset's name, else the folder's. */
  get title(): string {
    return path.basename(this.folded.run?.options.dataset ?? this.runFolder);
  }
}
