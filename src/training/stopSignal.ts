import type { Death } from '../core/brokeOff.js';
import type { RunWish } from '../runs/runControl.js';

/** Asked between batches: a run ends of its own accord after the one at hand. */
export class StopSignal {
  /** Why it ends where its user did not wish it. */
  cause: Death | undefined;
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

  /** A machine that shuts down asks before it ends a process; memory runs out. Whoever wished its end before gets that. */
  breakOff(cause: Death): void {
    if (this.requested) return;
    this.cause = cause;
    this.request();
  }
}
