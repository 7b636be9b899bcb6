import type { RunWish } from '../runs/runControl.js';

/** Asked between batches: a run ends of its own accord after the one at hand. */
export class StopSignal {
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
}
