import { Tally } from './tally.js';

/** What the batches of an epoch came to so far. */
export interface Trained {
  readonly tally: Tally;
  pictures: number;
  /** Without what went into something else than training. */
  seconds: number;
  /** Of these, waiting for pictures. */
  waitedSeconds: number;
}

export const nothingTrained = (): Trained => ({ tally: new Tally(), pictures: 0, seconds: 0, waitedSeconds: 0 });
