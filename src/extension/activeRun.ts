import { TrainerProcess } from '../client/trainerProcess.js';
import type { TrainerMessage, TrainerOrder } from '../protocol/jobs.js';
import type { EventOf } from '../protocol/runEvents.js';

/** How a training ends. */
export type RunEnd = EventOf<'finished'> | EventOf<'failure'>;

/** What a run is started for. */
export type RunOrder = Extract<TrainerOrder, { type: 'train' | 'qat' }>;

export interface ActiveRunListener {
  onMessage(run: ActiveRun, message: TrainerMessage): void;
  onOutput(line: string): void;
  onEnd(run: ActiveRun, end: RunEnd): void;
}

/** The training that this window started and that still goes on. */
export class ActiveRun {
  /** False once the process has ended. */
  running = true;
  private readonly process: TrainerProcess;

  constructor(
    readonly order: RunOrder,
    /** For people. */
    readonly name: string,
    trainerEntry: string,
    listener: ActiveRunListener,
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
