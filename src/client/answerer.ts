import type { MessageOf, TrainerMessage } from '../protocol/jobs.js';
import type { Reply, Wish } from '../protocol/recognitionJobs.js';
import { TrainerProcess, type TrainerEnd, type TrainerListener, type TrainerProcessOptions } from './trainerProcess.js';

type Result = Reply['result'];

interface Asked {
  readonly wish: Wish;
  readonly settle: (result: Result) => void;
}

export interface AnswererOptions extends Omit<TrainerProcessOptions, 'order'> {
  readonly order: Extract<TrainerProcessOptions['order'], { type: 'answer' }>;
}

/**
 * A recognizer that answers at once: its process stays, with the network loaded, until nobody has asked for a while, and comes back
 * with the next question. Every question is answered, with a refusal at worst.
 */
export class Answerer {
  private process: TrainerProcess | undefined;
  private readonly asked = new Map<number, Asked>();
  private next = 0;
  private isClosed = false;

  constructor(
    private readonly options: AnswererOptions,
    private readonly listener: Partial<TrainerListener> = {},
  ) {}

  ask(wish: Wish): Promise<Result> {
    return new Promise((settle) => {
      if (this.isClosed) settle(CLOSED);
      else this.send(this.next++, { wish, settle });
    });
  }

  /** Loads the network already, so that the first answer does not wait for it. */
  warmUp(): void {
    if (!this.isClosed) this.start();
  }

  /** Ends the process; what is under way is refused. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.process?.stop();
    await this.process?.ended;
  }

  private send(id: number, asked: Asked): void {
    this.asked.set(id, asked);
    this.start().request({ type: 'request', id, wish: asked.wish });
  }

  private start(): TrainerProcess {
    if (this.process) return this.process;
    const process = new TrainerProcess(this.options, {
      onMessage: (message) => this.receive(message),
      onOutput: (line) => this.listener.onOutput?.(line),
      onSilent: (sentence, end) => this.listener.onSilent?.(sentence, end),
    });
    this.process = process;
    void process.ended.then((end) => {
      this.process = undefined;
      this.afterEnd(end);
    });
    return process;
  }

  private receive(message: TrainerMessage): void {
    this.listener.onMessage?.(message);
    if (message.type !== 'reply') return;
    this.asked.get(message.id)?.settle(message.result);
    this.asked.delete(message.id);
  }

  /** A question that came while the process was going to rest is put to the next one. */
  private afterEnd(end: TrainerEnd): void {
    const open = [...this.asked];
    this.asked.clear();
    for (const [id, asked] of open)
      if (end.type === 'rested' && end.why === 'idle' && !this.isClosed) this.send(id, asked);
      else asked.settle(end.type === 'failure' ? refusal(end) : CLOSED);
  }
}

const CLOSED: Result = {
  kind: 'refused',
  code: 'cancelled',
  message: 'The question was taken back.',
  advice: 'Ask again.',
};

function refusal({ code, message, advice }: MessageOf<'failure'>): Result {
  return { kind: 'refused', code, message, advice };
}
