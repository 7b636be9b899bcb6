import os from 'node:os';
import type { Death } from '../core/brokeOff.js';
import { missingLibrary } from '../core/missingLibrary.js';
import { oomCountOf } from '../platform/memory.js';
import { here, isOfHere, type VitalSigns } from '../runs/vitalSigns.js';

/** How a process ended, as far as whoever started it saw it. */
export interface SeenEnd {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
  /** It did not start. */
  readonly error?: Error | undefined;
  /** Why whoever started it ended it. */
  readonly why?: string | undefined;
  /** The last that it printed. */
  readonly said?: string;
}

/**
 * Signals as the exit codes of shells and of Windows give them. V8 ends with SIGABRT or, where it gets no memory at all,
 * SIGTRAP.
 */
const SIGNAL_OF: Readonly<Record<number, string>> = {
  ...{ 129: 'SIGHUP', 130: 'SIGINT', 132: 'SIGILL', 133: 'SIGTRAP', 134: 'SIGABRT', 135: 'SIGBUS', 136: 'SIGFPE' },
  ...{ 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' },
};
const HEAP = /JavaScript heap out of memory|Reached heap limit|invalid array length Allocation failed/;
const REFUSED = /std::bad_alloc|Cannot allocate memory|ENOMEM|Array buffer allocation failed|process OOM/;
/** Of its heap, when it was seen last: beyond that V8 collects garbage most of the time. */
const HEAP_FULL = 0.9;

/** What is known beside it, which tests replace. */
export interface Evidence {
  readonly now: ReturnType<typeof here>;
  readonly uptimeSeconds: number;
  readonly countOf: (file: string) => number | undefined;
}

const evidence = (): Evidence => ({ now: here(), uptimeSeconds: os.uptime(), countOf: oomCountOf });

/** Why a process ended that said no last word, by how it was seen to end. @param signs the last signs of its life, of a run */
export function deathSeen(
  { code, signal, error, why, said = '' }: SeenEnd,
  signs?: VitalSigns,
  around = evidence(),
): Death {
  if (error) return { by: 'start', why: error.message };
  if (why !== undefined) return { by: 'us', why };
  const name = signal ?? SIGNAL_OF[code ?? 0];
  if (name === 'SIGKILL') return outOfMemory(signs, around) ?? killed(signs);
  if (HEAP.test(said)) return { by: 'heap' };
  if (REFUSED.test(said) || name === 'SIGTRAP') return { by: 'memory', of: 'refused' };
  if (name !== undefined) return { by: 'signal', signal: name };
  const library = missingLibrary(said);
  return library ? { by: 'library', name: library.name } : { by: 'exit', code };
}

/** The same of a process that nobody saw end. @param processStart as its run's log has it */
export function deathUnseen(
  signs: VitalSigns | undefined,
  processStart: string | undefined,
  around = evidence(),
): Death {
  const { now, uptimeSeconds } = around;
  const boot = signs?.boot ?? /^([^:]+):/.exec(processStart ?? '')?.[1];
  if (signs && !isOfHere(signs, now) && signs.host !== now.host) return { by: 'nothing' };
  const before = signs && Date.parse(signs.at) < now.wall - 1000 * uptimeSeconds;
  if (boot !== undefined && now.boot !== undefined ? boot !== now.boot : before) return { by: 'restart' };
  const memory = outOfMemory(signs, around);
  if (memory) return memory;
  return signs && signs.heapShare > HEAP_FULL ? { by: 'heap' } : { by: 'nothing' };
}

/** The system counts whom it ends for want of memory: in the group of the process, then on the machine. */
function outOfMemory(signs: VitalSigns | undefined, { countOf }: Evidence): Death | undefined {
  const grown = signs?.oomCounts.find(({ file, count }) => (countOf(file) ?? 0) > count);
  return grown && { by: 'memory', of: grown.file.startsWith('/proc/') ? 'machine' : 'group' };
}

/** Where the system counts, and has not counted it, it was somebody. */
function killed(signs: VitalSigns | undefined): Death {
  return signs && signs.oomCounts.length > 0 ? { by: 'signal', signal: 'SIGKILL' } : { by: 'kill' };
}
