import { TrainerProcess } from '../client/trainerProcess.js';
import type { LastWord, TrainerOrder } from '../protocol/jobs.js';
import type { Editor } from './editor.js';

type JobOrder = Exclude<TrainerOrder, { type: 'train' | 'qat' }>;

/** A job whose end is waited for. */
export interface RunningJob {
  readonly ended: Promise<LastWord>;
  stop(): void;
}

/** Everything a trainer does but train, each in a process of its own. */
export class Jobs {
  constructor(
    private readonly editor: Editor,
    /** The bundled trainer. */
    private readonly entry: string,
  ) {}

  /** Under a notification that shows how far it is and can stop it. */
  run(order: JobOrder, title: string): Promise<LastWord> {
    return this.editor.progress(title, (report, cancelled) => {
      let told = 0;
      const trainer = new TrainerProcess(
        { entry: this.entry, order },
        {
          onMessage: (message) => {
            if (message.type !== 'preparing' || message.total === 0) return;
            const share = (100 * message.done) / message.total;
            report(share - told, `${grouped(message.done)} of ${grouped(message.total)} pictures`);
            told = share;
          },
          onOutput: (line) => this.editor.log.info(line),
        },
      );
      cancelled.addEventListener('abort', () => trainer.stop());
      return trainer.ended;
    });
  }

  /** Without a word, for what is over in a moment. */
  start(order: JobOrder): RunningJob {
    const listener = { onMessage: () => undefined, onOutput: (line: string) => this.editor.log.info(line) };
    return new TrainerProcess({ entry: this.entry, order }, listener);
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
