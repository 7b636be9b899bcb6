import type { Flag } from './flag.js';
import type { Given } from './given.js';

// What a command of the program is. Each has a file in commands/, with its flags, how they are read, what is done, and its help.

export interface Command<Wish = unknown> {
  readonly name: string;
  /** What stands behind the name: "<folder> [options]". One line for each way to call it. */
  readonly takes: readonly string[];
  /** In the list of all commands. */
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** @throws UsageError */
  parse(given: Given): Wish;
  /** @returns the exit code */
  run(wish: Wish): Promise<number>;
}

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
