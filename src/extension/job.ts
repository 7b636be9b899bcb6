import { TrainerProcess } from '../client/trainerProcess.js';
import type { LastWord, TrainerMessage, RunOrder, TrainerOrder } from '../protocol/jobs.js';
import type { Editor } from './editor.js';
import { inBackground } from './failures.js';
import { requireTrust } from './trust.js';

type JobOrder = Exclude<TrainerOrder, RunOrder>;

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
      const trainer = this.start(order, (done, total) => {
        const share = (100 * done) / total;
        report(share - told, `${grouped(done)} of ${grouped(total)} pictures`);
        told = share;
      });
      cancelled.addEventListener('abort', () => trainer.stop());
      return trainer.ended;
    });
  }

  /**
   * Without a notification.
   *
   * @param onProgress pictures that were looked at, of how many
   * @throws UserError `restricted`
   */
  start(order: JobOrder, onProgress?: (done: number, total: number) => void): RunningJob {
    requireTrust(this.editor);
    const onMessage = (message: TrainerMessage) => {
      if (message.type === 'preparing' && message.total > 0) onProgress?.(message.done, message.total);
    };
    const listener = {
      onMessage,
      onOutput: (line: string) => this.editor.log.info(line),
      onSilent: (sentence: string, end: () => void) =>
        inBackground(this.editor, askWhether(this.editor, sentence, end)),
    };
    return new TrainerProcess({ entry: this.entry, order }, listener);
  }
}

/** Nobody waits for ever for a process that hangs. */
export async function askWhether(editor: Editor, sentence: string, end: () => void): Promise<void> {
  const chosen = await editor.say('warning', `${sentence} It may be busy with something large, or hang.`, 'End It');
  if (chosen === 'End It') end();
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
