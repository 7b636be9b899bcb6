import fs from 'node:fs';
import os from 'node:os';
import * as z from 'zod';
import type { Pulse } from '../core/silence.js';
import { removeIfPossible } from '../platform/files.js';
import { bootName, isAlive, isHeld } from '../platform/isAlive.js';
import { readOwnFile } from '../platform/regularFile.js';
import { PRIVATE_FILE } from '../platform/rights.js';
import { RunFolder } from './runFolder.js';

/** Files of the system alone: the folder of a run may come from anybody. */
const COUNTER = /^\/(?:proc\/vmstat|sys\/fs\/cgroup\/(?!.*\.\.)(?:.*\/)?memory\.(?:events|oom_control))$/;
const bytes = z.number().min(0);

/** What `alive.json` holds: the newest signs of life of the process that trains a run, written by a thread of it. */
const vitalSigns = z.object({
  version: z.literal(1),
  pid: z.int().min(1),
  processStart: z.string().optional(),
  /** Shown to people, at a terminal as well: nothing that would command it. */
  host: z.string().regex(/^\P{C}{1,255}$/u),
  /** Which start of the system it began in, where the system names them. */
  boot: z.string().optional(),
  /** Of the heartbeat; ISO 8601, UTC. */
  at: z.string(),
  /** The same by a clock that nobody sets and that stands still while the machine sleeps, ms ({@link steadyNow}). */
  beatAt: z.number(),
  /** When its main thread last took a turn and when the run last told anything, by that clock, and the longest pauses, ms. */
  turnAt: z.number(),
  toldAt: z.number(),
  longestTurnMs: z.number().min(0),
  longestSilenceMs: z.number().min(0),
  /** What could still be had, of what there is. */
  availableBytes: bytes,
  totalBytes: bytes,
  /** The part of its JavaScript heap that was taken. */
  heapShare: z.number().min(0),
  /** How often the system had ended a process for want of memory when the run began. */
  oomCounts: z.array(z.object({ file: z.string().regex(COUNTER), count: z.int().min(0) })).max(4),
});
export type VitalSigns = Readonly<z.infer<typeof vitalSigns>>;

export const BEAT_MS = 5000;
const MOST_BYTES = 1 << 16;
/** Without a beat, a turn of its main thread or a word for so long a process is silent, ms; of the latter two `own` times its own longest. */
const SILENT = { beatMs: 60_000, turnMs: 300_000, wordMs: 1_800_000, own: 4 };
/** Another machine's clock may be off. */
export const ELSEWHERE_MS = 120_000;

/** Milliseconds since the start of the system, the same in all processes; a sleeping machine does not count. */
export function steadyNow(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** By rename, but not synced: what it says is of no use after a loss of power. @throws what the file system says */
export function writeVitalSigns(runFolder: string, signs: VitalSigns): void {
  const file = new RunFolder(runFolder).alive;
  const temporary = `${file}.tmp-${process.pid}`;
  fs.writeFileSync(temporary, `${JSON.stringify(signs)}\n`, { mode: PRIVATE_FILE });
  fs.renameSync(temporary, file);
}

/** @returns undefined where there are none, or none that this version knows */
export function readVitalSigns(runFolder: string): VitalSigns | undefined {
  try {
    return vitalSigns.parse(JSON.parse(readOwnFile(new RunFolder(runFolder).alive, MOST_BYTES).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Whoever finds those of a process that is gone does not believe them. */
export function forgetVitalSigns(runFolder: string): void {
  const { alive } = new RunFolder(runFolder);
  for (const file of [alive, `${alive}.tmp-${process.pid}`]) removeIfPossible(file);
}

/** The clocks and the name of this machine, which tests replace. */
export interface Here {
  readonly steady: number;
  readonly wall: number;
  readonly host: string;
  readonly boot: string | undefined;
}
export function here(): Here {
  return { steady: steadyNow(), wall: Date.now(), host: os.hostname(), boot: bootName() };
}

/** Whether the process that a run's log names still trains it, and answers. */
export function pulseOf(
  runFolder: string,
  { pid, processStart }: { readonly pid: number; readonly processStart?: string | undefined },
  signs = readVitalSigns(runFolder),
  now = here(),
): Pulse {
  // Its own signs may not be there yet, or be those of the process before.
  const own = signs?.pid === pid && signs.processStart === processStart ? signs : undefined;
  if (own && !isOfHere(own, now)) {
    const age = now.wall - Date.parse(own.at);
    return age < ELSEWHERE_MS ? { state: 'alive' } : { state: 'silent', seconds: age / 1000, host: own.host };
  }
  if (!isAlive(pid, processStart)) return { state: 'gone' };
  if (isHeld(pid)) return { state: 'held', pid };
  return (own && silenceOf(own, now.steady)) ?? { state: 'alive' };
}

/** Another start of the system is another machine's only where that has another name: this one may have been started anew. */
export function isOfHere({ host, boot }: VitalSigns, now: Here): boolean {
  return host === now.host || (boot !== undefined && boot === now.boot);
}

function silenceOf({ pid, beatAt, ...signs }: VitalSigns, now: number): Pulse | undefined {
  const { beatMs, turnMs, wordMs, own } = SILENT;
  const silent = (lacks: 'beat' | 'turn' | 'word', since: number): Pulse => ({
    ...{ state: 'silent', pid, lacks },
    seconds: (now - since) / 1000,
  });
  if (now - beatAt > beatMs) return silent('beat', beatAt);
  if (now - signs.turnAt > Math.max(turnMs, own * signs.longestTurnMs)) return silent('turn', signs.turnAt);
  if (now - signs.toldAt > Math.max(wordMs, own * signs.longestSilenceMs)) return silent('word', signs.toldAt);
  return undefined;
}
