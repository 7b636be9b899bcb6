import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { removeIfPossible, writeFileAtomically } from '../platform/files.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { isAlive, processStart } from '../platform/isAlive.js';
import { namesIn } from '../platform/namesIn.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { readOwnFile } from '../platform/regularFile.js';
import { runningFolder } from './underWay.js';

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
const fileOf = (cache: string, runFolder: string) =>
  path.join(runningFolder(cache), `${createHash('sha256').update(runFolder).digest('hex').slice(0, 16)}.json`);

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
    makePrivateFolder(runningFolder(cache));
    writeFileAtomically(file, `${JSON.stringify(note)}\n`);
  } catch (error) {
    // A list of runs is no reason to end one.
    console.error(error);
  }
  return () => {
    removeIfPossible(file);
  };
}

/** Takes away what is noted of a run whose process is gone. */
export function forgetNote(runFolder: string, cache = cacheFolder()): void {
  const note = notedRun(runFolder, cache);
  if (note && !isAlive(note.pid, note.processStart)) removeIfPossible(fileOf(cache, runFolder));
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

/** The runs that are trained now, the oldest first. Of one whose process and folder are gone nobody can tell any more: its note goes. */
export function runningRuns(cache = cacheFolder()): RunningRun[] {
  const notes = notesIn(cache);
  for (const { runFolder } of notes) if (!fs.existsSync(runFolder)) forgetNote(runFolder, cache);
  return notes.filter(({ pid, processStart }) => isAlive(pid, processStart));
}

/**
 * Runs whose process is gone without having taken its note away, the oldest first: for whoever closes them and tells of them. Their
 * notes are taken away.
 *
 * @param isWanted which of them, by their folders
 */
export function takeGoneRuns(isWanted: (runFolder: string) => boolean, cache = cacheFolder()): RunningRun[] {
  const gone = notesIn(cache).filter(
    ({ runFolder, pid, processStart }) => isWanted(runFolder) && !isAlive(pid, processStart),
  );
  for (const { runFolder } of gone) forgetNote(runFolder, cache);
  return gone;
}

function notesIn(cache: string): RunningRun[] {
  const names = namesIn(runningFolder(cache)).filter((name) => name.endsWith('.json'));
  const notes = names.flatMap((name) => readNote(path.join(runningFolder(cache), name)) ?? []);
  return notes.sort((a, b) => a.since.localeCompare(b.since));
}
