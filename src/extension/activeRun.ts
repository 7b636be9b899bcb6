import { TrainerProcess } from '../client/trainerProcess.js';
import type { MessageOf, TrainerMessage, TrainerOrder } from '../protocol/jobs.js';

/** How a training ends. */
export type RunEnd = MessageOf<'finished'> | MessageOf<'failure'>;

/** What a run is started for. */
export type RunOrder = Extract<TrainerOrder, { type: 'train' | 'qat' }>;

export interface RunListener {
  onMessage(run: RunInProgress, message: TrainerMessage): void;
  onOutput(line: string): void;
  onEnd(run: RunInProgress, end: RunEnd): void;
}

/** A training that this window started, as those see it who show or stop it. */
export interface RunInProgress {
  readonly order: RunOrder;
  /** For people. */
  readonly name: string;
  readonly runFolder: string;
  /** False once the process has ended. */
  readonly running: boolean;
  readonly stopping: boolean;
  stop(): void;
}

/** The same with its process. */
export class ActiveRun implements RunInProgress {
  running = true;
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
    return this.process.stopping;
  }

  stop(): void {
    this.process.stop();
  }
}
