import { TrainerProcess } from '../client/trainerProcess.js';
import { PROTOCOL_VERSION, type MessageOf, type TrainerMessage } from '../protocol/messages.js';
import type { TrainingOptions } from '../protocol/options.js';

/** How a training ends. */
export type RunEnd = MessageOf<'finished'> | MessageOf<'failure'>;

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
    readonly runFolder: string,
    readonly options: TrainingOptions,
    trainerEntry: string,
    listener: ActiveRunListener,
  ) {
    this.process = new TrainerProcess(
      { entry: trainerEntry, order: { type: 'train', protocol: PROTOCOL_VERSION, runFolder, options } },
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

  get stopping(): boolean {
    return this.process.stopping;
  }

  stop(): void {
    this.process.stop();
  }
}
