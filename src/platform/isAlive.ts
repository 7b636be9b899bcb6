import fs from 'node:fs';

/**
 * Whether a process still runs, be it this user's or another's. One that has ended and whose parent has not asked for its
 * result yet (a zombie) does not.
 *
 * @param start what `processStart` said of it: the system gives a number to another process some day
 */
export function isAlive(pid: number, start?: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = readStat(pid);
  if (!stat) return true;
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return start === undefined || start === `${stat.boot}:${stat.ticks}`;
}

/**
 * When a process began, in the system's own words, to be compared with nothing but itself. Undefined where Node cannot know
 * it: macOS, Windows. There the number alone tells one process from another.
 */
export function processStart(pid: number): string | undefined {
  const stat = readStat(pid);
  return stat && `${stat.boot}:${stat.ticks}`;
}

/** Whether a signal made it stand still (SIGSTOP, Ctrl-Z) until another lets it go on. Only Linux tells. */
export function isHeld(pid: number): boolean {
  const state = readStat(pid)?.state;
  return state === 'T' || state === 't';
}

/** What tells one start of the system from another; undefined where nobody says. */
export function bootName(): string | undefined {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return undefined;
  }
}

/** This process, as a file says who wrote it: number and start. */
export function ownName(): string {
  return [process.pid, processStart(process.pid) ?? ''].join(' ').trim();
}

/** Whether the process that such a file names still runs; an empty one was being written when its writer was killed. */
export function isWriterAlive(name: string): boolean {
  const [pid, start] = name.split(' ');
  return Number(pid) > 0 && isAlive(Number(pid), start);
}

interface Stat {
  readonly state: string;
  /** Ticks from the start of the system to that of the process. */
  readonly ticks: string;
  /** The start of the system. */
  readonly boot: string;
}

/** proc(5), /proc/pid/stat: the name in brackets may hold anything; after it stand field 3, the state, and field 22, the start. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', ticks: fields[22 - 3] ?? '', boot: bootName() ?? '' };
  } catch {
    return undefined;
  }
}
