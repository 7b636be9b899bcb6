import { RunWatcher } from '../client/runWatcher.js';
import { TrainerProcess } from '../client/trainerProcess.js';
import type { MessageOf, RunOrder, TrainerMessage } from '../protocol/jobs.js';
import { askRun, type RunWish } from '../runs/runControl.js';

/** How a training ends. */
export type RunEnd = MessageOf<'finished'> | MessageOf<'failure'>;

export interface RunListener {
  onMessage(run: RunInProgress, message: TrainerMessage): void;
  onOutput(line: string): void;
  onEnd(run: RunInProgress, end: RunEnd): void;
}

/** A training that this window shows and commands, whoever started it. */
export interface RunInProgress {
  /** Undefined for one that was under way already. */
  readonly order: RunOrder | undefined;
  /** For people. */
  readonly name: string;
  readonly runFolder: string;
  /** False once the process has ended. */
  readonly running: boolean;
  readonly stopping: boolean;
  /** Ends it after the batch at hand, for good or for now. */
  end(wish: RunWish): void;
}

/** The run of a process that this window started. */
export class ActiveRun implements RunInProgress {
  running = true;
  private pausing = false;
  private readonly process: TrainerProcess;

  constructor(
    readonly order: RunOrder,
    readonly name: string,
    trainerEntry: string,
    listener: RunListener,
  ) {
    this.process = new TrainerProcess(
      { entry: trainerEntry, order },
      {
        onMessage: (message) => listener.onMessage(this, message),
        onOutput: (line) => listener.onOutput(line),
      },
    );
    void this.process.ended.then((end) => {
      this.running = false;
      if (end.type !== 'finished' && end.type !== 'failure') return; // the words of other jobs
      listener.onEnd(this, end);
    });
  }

  get runFolder(): string {
    return this.order.runFolder;
  }

  get stopping(): boolean {
    return this.process.stopping || this.pausing;
  }

  end(wish: RunWish): void {
    if (wish === 'stop') this.process.stop();
    else {
      askRun(this.runFolder, wish);
      this.pausing = true;
    }
  }
}

/** A run that goes on since before this window, or that the command line started. */
export class FoundRun implements RunInProgress {
  readonly order = undefined;
  running = true;
  private readonly watcher: RunWatcher;

  constructor(
    readonly runFolder: string,
    readonly name: string,
    listener: RunListener,
    mayWrite: boolean,
  ) {
    // Its panel reads the log by itself: what counts here is what came since.
    let before = true;
    this.watcher = new RunWatcher(
      runFolder,
      (events) => {
        const told = before ? events.filter(({ type }) => type === 'run' || type === 'dataset') : events;
        before = false;
        for (const event of told) listener.onMessage(this, event);
      },
      mayWrite,
    );
    void this.watcher.ended.then((end) => {
      this.running = false;
      listener.onEnd(this, end);
    });
  }

  get stopping(): boolean {
    return this.watcher.stopping;
  }

  end(wish: RunWish): void {
    this.watcher.ask(wish);
  }

  /** Looks at it no longer. */
  dispose(): void {
    this.watcher.close();
  }
}
