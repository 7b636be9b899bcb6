import { setTimeout as pause } from 'node:timers/promises';
import type { StopSignal } from './stopSignal.js';

/** How long a run bears a disk that takes nothing, ms. */
export interface DiskPatience {
  /** Between two checkpoints that are tried. */
  readonly retryMs: number;
  /** Altogether: somebody may come back in the morning and make room. */
  readonly longestMs: number;
  /** Where the run folder is not even there: a network that comes back does so in minutes. */
  readonly awayMs: number;
  /** At the end, when nothing is left to do but to write; and between two tries. */
  readonly endMs: number;
  readonly endRetryMs: number;
}

const MINUTE_MS = 60_000;

export const DISK_PATIENCE: DiskPatience = {
  retryMs: MINUTE_MS,
  longestMs: 12 * 60 * MINUTE_MS,
  awayMs: 10 * MINUTE_MS,
  endMs: 5 * MINUTE_MS,
  endRetryMs: 1000,
};

/** For the end of a run: waits a moment each time it is asked, and says whether to try again. Whoever stops a run waits no longer. */
export function patienceAtEnd({ endMs, endRetryMs }: DiskPatience, stop: StopSignal): () => Promise<boolean> {
  let until: number | undefined;
  return async () => {
    until ??= performance.now() + endMs;
    if (stop.requested || performance.now() >= until) return false;
    await pause(endRetryMs);
    return true;
  };
}
