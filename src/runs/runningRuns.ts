import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import { removeIfPossible, writeFileAtomically } from '../platform/files.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { isAlive, processStart } from '../platform/isAlive.js';
import { namesIn } from '../platform/namesIn.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { readOwnFile } from '../platform/regularFile.js';

const runningRun = z.object({
  runFolder: z.string(),
  pid: z.int().min(1),
  processStart: z.string().optional(),
  /** ISO 8601, UTC. */
  since: z.string(),
});
/** A run that a process of this user on this machine trains, wherever its folder lies. */
export type RunningRun = z.infer<typeof runningRun>;

const MOST_BYTES = 1 << 16;
const folder = (cache: string) => path.join(cache, 'running');
const fileOf = (cache: string, runFolder: string) =>
  path.join(folder(cache), `${createHash('sha256').update(runFolder).digest('hex').slice(0, 16)}.json`);

/**
 * Notes that this process trains a run, for whoever asks what is under way on the machine.
 *
 * @returns takes the note away; a process that is killed leaves it, and nobody believes it
 */
export function noteRunning(runFolder: string, since: Date, cache = cacheFolder()): () => void {
  const file = fileOf(cache, runFolder);
  const { pid } = process;
  const note: RunningRun = { runFolder, pid, processStart: processStart(pid), since: since.toISOString() };
  try {
    makePrivateFolder(folder(cache));
    writeFileAtomically(file, `${JSON.stringify(note)}\n`);
  } catch (error) {
    // A list of runs is no reason to end one.
    console.error(error);
  }
  return () => {
    removeIfPossible(file);
  };
}

/** What is noted of a run, whether its process is there or not; undefined where nothing is. */
export function notedRun(runFolder: string, cache = cacheFolder()): RunningRun | undefined {
  return readNote(fileOf(cache, runFolder));
}

function readNote(file: string): RunningRun | undefined {
  try {
    return runningRun.parse(JSON.parse(readOwnFile(file, MOST_BYTES).toString('utf8')));
  } catch {
    return undefined; // Another reader was faster, or it is not one of ours.
  }
}

/** The runs that are trained now, the oldest first. Notes of processes that are gone are taken away. */
export function runningRuns(cache = cacheFolder()): RunningRun[] {
  const names = namesIn(folder(cache)).filter((name) => name.endsWith('.json'));
  const alive = names.flatMap((name): RunningRun[] => {
    const file = path.join(folder(cache), name);
    const note = readNote(file);
    if (!note) return [];
    if (isAlive(note.pid, note.processStart)) return [note];
    removeIfPossible(file);
    return [];
  });
  return alive.sort((a, b) => a.since.localeCompare(b.since));
}
