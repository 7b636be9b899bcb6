import { fork, type ChildProcess } from 'node:child_process';
import { formatDuration } from '../core/format.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import {
  isLastWord,
  isRunOrder,
  JOBS,
  trainerMessage,
  type LastWord,
  type MessageOf,
  type TrainerCommand,
  type TrainerMessage,
  type TrainerOrder,
} from '../protocol/jobs.js';
import type { Request } from '../protocol/recognitionJobs.js';
import { trainerEnvironment } from '../platform/trainerEnvironment.js';
import { hasLastWord } from '../runs/lastWord.js';
import type { SeenEnd } from './deathOf.js';

export interface TrainerListener {
  onMessage(message: TrainerMessage): void;
  /** What the trainer printed: for a log. */
  onOutput(line: string): void;
  /**
   * A job that is no run has said nothing for long: it may be at something large, or hang. Told once until it speaks again.
   *
   * @param end ends it at once
   */
  onSilent?(sentence: string, end: () => void): void;
}

export type TrainerEnd = LastWord;

export interface TrainerProcessOptions {
  /** The bundled trainer. */
  readonly entry: string;
  readonly order: TrainerOrder;
  /** The runtime; by default the one that runs this. */
  readonly execPath?: string;
  readonly timing?: Partial<Timing>;
}

interface Timing {
  /** For the first word of the trainer. */
  readonly startMs: number;
  /** After a stop, beside three times the longest silence so far: a batch in plain JavaScript takes minutes. */
  readonly stopMs: number;
  /** From one word to the next, before somebody is told. */
  readonly silentMs: number;
}

const MOST_SAID = 4000;
const TIMING: Timing = { startMs: 60_000, stopMs: 10_000, silentMs: 120_000 };

/**
 * One job in a child process. However the child ends (its last word, an exit without one, a signal, a failed start,
 * silence), `ended` settles once with one message, and a failure that the child could not log itself is added to the log of
 * the run, if the job is one.
 */
export class TrainerProcess {
  readonly ended: Promise<TrainerEnd>;
  private readonly child: ChildProcess;
  private readonly timing: Timing;
  private last: TrainerEnd | undefined;
  /** Why this side ended the child. */
  private killed: string | undefined;
  /** The end of what it printed, where it may say why it ends. */
  private said = '';
  private stopAsked = false;
  private heardAt = performance.now();
  private longestSilenceMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  /** Questions without an answer; what is no answerer has its order from the start. */
  private open = 0;
  private logged = false;

  constructor(
    private readonly options: TrainerProcessOptions,
    private readonly listener: TrainerListener,
  ) {
    this.timing = { ...TIMING, ...options.timing };
    // Told whose child it is: by the time it asks the system, this process may be gone.
    this.child = fork(options.entry, [String(process.pid)], {
      execPath: options.execPath ?? process.execPath,
      execArgv: [], // a debugger's port of this process is not the child's
      env: trainerEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A run outlives its terminal, the window and whatever it was started from.
      detached: isRunOrder(options.order),
    });
    this.ended = new Promise((resolve) => {
      const after = (end: SeenEnd) => {
        clearTimeout(this.timer);
        clearTimeout(this.watchdog);
        resolve(this.afterClose({ ...end, why: this.killed, said: this.said }));
      };
      this.child.once('error', (error) => after({ error }));
      this.child.once('close', (code, signal) => after({ code: code ?? undefined, signal: signal ?? undefined }));
    });
    this.child.on('message', (message) => this.receive(message));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on(
        'data',
        lines((line) => this.print(line)),
      );
    this.timer = setTimeout(() => this.kill('did not start in time'), this.timing.startMs);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get stopping(): boolean {
    return this.stopAsked;
  }

  /** Asks the trainer to end after the batch at hand; ends it when it does not answer. */
  stop(): void {
    if (this.stopAsked) return;
    this.stopAsked = true;
    this.send({ type: 'stop' });
    const patience = this.timing.stopMs + 3 * Math.max(this.longestSilenceMs, performance.now() - this.heardAt);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.kill('did not answer the stop'), patience);
  }

  /** Asks a trainer that answers; its reply is a message. What is asked before it is ready waits. */
  request(request: Request): void {
    this.open++;
    this.send(request);
    this.watch();
  }

  /** Ends it at once. */
  kill(why: string): void {
    this.killed ??= why;
    this.child.kill('SIGKILL');
  }

  private print(line: string): void {
    this.said = `${this.said}${line}\n`.slice(-MOST_SAID);
    this.listener.onOutput(line);
  }

  private receive(raw: unknown): void {
    const now = performance.now();
    this.longestSilenceMs = Math.max(this.longestSilenceMs, now - this.heardAt);
    this.heardAt = now;
    const parsed = trainerMessage.safeParse(raw);
    if (!parsed.success) {
      this.listener.onOutput(`message not understood: ${JSON.stringify(raw).slice(0, 500)}`);
      return;
    }
    const message = parsed.data;
    if (message.type === 'reply') this.open--;
    this.watch();
    if (message.type === 'hello') {
      this.begin(message);
      return;
    }
    if (this.last) return; // after its last word nothing counts
    if (message.type === 'run' || message.type === 'resumed') this.logged = true;
    if (isLastWord(message)) this.last = message;
    this.listener.onMessage(message);
  }

  /** Begins to wait for the next word, where one is due. */
  private watch(): void {
    clearTimeout(this.watchdog);
    const { order } = this.options;
    if (!this.listener.onSilent || isRunOrder(order) || (order.type === 'answer' && this.open === 0)) return;
    const { silentMs } = this.timing;
    const sentence = `The ${JOBS[order.type].noun} has said nothing for ${formatDuration(silentMs / 1000)}.`;
    this.watchdog = setTimeout(() => this.listener.onSilent?.(sentence, () => this.kill('did not answer')), silentMs);
    this.watchdog.unref();
  }

  private begin(hello: MessageOf<'hello'>): void {
    // One that was stopped before its first word is waited for as any other.
    if (!this.stopAsked) clearTimeout(this.timer);
    this.listener.onMessage(hello);
    if (hello.protocol !== PROTOCOL_VERSION) {
      this.kill(`speaks protocol ${hello.protocol} instead of ${PROTOCOL_VERSION} (reload the window)`);
      return;
    }
    this.send(this.options.order);
  }

  private send(command: TrainerCommand): void {
    // A closed channel shows itself as the end of the process.
    if (this.child.connected) this.child.send(command, () => undefined);
  }

  private async afterClose(end: SeenEnd): Promise<TrainerEnd> {
    const { order } = this.options;
    const { last } = this;
    const isLogged = this.logged && isRunOrder(order);
    if (last && !(last.type === 'failure' && isLogged && !hasLastWord(order.runFolder))) return last;
    // Few end so: what looks into it is read then.
    const { closeRun, explainEnd } = await import('./closeRun.js');
    const closed = isLogged ? await closeRun(order.runFolder, last ?? end) : undefined;
    const failure = last ?? closed ?? explainEnd(order.type, end);
    this.last = failure;
    if (!last) this.listener.onMessage(failure);
    return failure;
  }
}

/** What TensorFlow prints at every start, whatever its log level. */
const CHATTER =
  /^(WARNING: All log messages before absl::InitializeLog|I\d{4} .*(oneDNN custom operations|cpu_feature_guard))/;

function lines(say: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const line of parts) if (line.trim() && !CHATTER.test(line)) say(line);
  };
}
