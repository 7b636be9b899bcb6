import type { RunWish } from '../runs/runControl.js';

/** Asked between batches: a run ends of its own accord after the one at hand. */
export class StopSignal {
  /** By which others than its user asked for its end. */
  signal: string | undefined;
  private asked: RunWish | undefined;

  get requested(): boolean {
    return this.asked !== undefined;
  }

  /** How the run says it ended. */
  get reason(): 'stopped' | 'paused' {
    return this.asked === 'pause' ? 'paused' : 'stopped';
  }

  request(wish: RunWish = 'stop'): void {
    if (this.asked !== 'stop') this.asked = wish;
  }

  /** A machine that shuts down, for example, asks before it ends a process. Whoever wished its end before gets that. */
  endBySignal(signal: string): void {
    if (this.requested) return;
    this.signal = signal;
    this.request();
  }
}
