import type { Random } from '../../src/core/random.js';

/** What becomes of a file that a stranger has changed: nothing is wrong with it that shows, or a sentence says what. */
export type Outcome = 'read' | 'refused';

/**
 * One case: writes what a stranger would have written, digests right where a hostile author would make them so, and reads it by the
 * function that the product calls. A `UserError` is a refusal; whatever else is thrown is a fault.
 */
export type Attempt = (random: Random) => Promise<void> | void;

export interface Reader {
  readonly name: string;
  /** Which command attacks it. */
  readonly attack: 'files' | 'models';
  /** Cases in each `npm test`, as many as take some four seconds: 20,000 of all readers would take half an hour. */
  readonly few: number;
  /**
   * Has the product write its files into an empty folder.
   *
   * @returns what then makes one case of them
   */
  readonly prepare: (folder: string) => Promise<Attempt> | Attempt;
}

/** CPU time of a case, of all threads: a busy machine does not lengthen it. The least of a few tries counts. */
export const MOST_CPU_MS = 1000;
/** By which the memory of the process may grow at its highest. */
export const MOST_BYTES = 2 ** 30;
