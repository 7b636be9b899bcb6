import type { SpawnOptions } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly timedOut: boolean;
}

export function withinTime(
  ms: number,
  program: string,
  args: readonly string[],
  options?: SpawnOptions & { readonly shown?: boolean },
): Promise<Ended>;
