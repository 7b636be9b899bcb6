import type { MessageOf } from '../protocol/jobs.js';
import type { RunEvent } from '../protocol/runEvents.js';
import { askRun, type RunWish } from '../runs/runControl.js';
import { RunModel } from './runModel.js';

/** How a run ends that is followed by its folder. */
export type WatchedEnd = MessageOf<'finished'> | MessageOf<'failure'>;

const POLL_MS = 500;
/** Whoever started it may still be writing into the log how its process ended. */
const PATIENCE_MS = 1500;

/** Follows a run that another process trains, and may command it, by its folder alone. */
export class RunWatcher {
  readonly model: RunModel;
  readonly ended: Promise<WatchedEnd>;
  private readonly timer: NodeJS.Timeout;
  private settle!: (end: WatchedEnd) => void;
  private gone: number | undefined;
  private closing = false;
  private asked: RunWish | undefined;

  /** @param onEvents what was told since the last time; all there is at first */
  constructor(
    readonly runFolder: string,
    private readonly onEvents: (events: readonly RunEvent[]) => void,
    /** Whether it may say in the folder of the run how its process ended. */
    private readonly mayWrite = true,
    pollMs = POLL_MS,
  ) {
    this.ended = new Promise((settle) => (this.settle = settle));
    this.model = new RunModel(runFolder);
    onEvents(this.model.events);
    this.timer = setInterval(() => this.look(), pollMs);
    this.look();
  }

  get stopping(): boolean {
    return this.asked !== undefined;
  }

  /** Asks the run to end after the batch at hand. @throws what the file system says */
  ask(wish: RunWish): void {
    this.asked = wish;
    askRun(this.runFolder, wish);
  }

  /** Follows it no longer; the run goes on. */
  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const fresh = this.model.readOn();
    if (fresh.length > 0) this.onEvents(fresh);
    const { failure, finished } = this.model.state;
    const end = failure ?? finished;
    if (end) {
      this.close();
      this.settle(end);
    } else if (this.hasVanished() && !this.closing) {
      this.closing = true;
      void this.tellWhy();
    }
  }

  private hasVanished(): boolean {
    const { alive, silence } = this.model.liveness;
    if (alive || silence) {
      this.gone = undefined;
      return false;
    }
    this.gone ??= performance.now();
    return performance.now() - this.gone >= PATIENCE_MS;
  }

  /** What is written is met with the next look. */
  private async tellWhy(): Promise<void> {
    const { brokeOff, closeRun } = await import('./closeRun.js');
    const end = this.mayWrite ? await closeRun(this.runFolder) : undefined;
    this.look();
    this.close();
    this.settle(end ?? { type: 'failure', ...brokeOff({ by: 'nothing' }, this.model.reached) });
  }
}
