import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removeIfPossible } from './files.js';
import { isAlive, isWriterAlive, ownName } from './isAlive.js';
import { PRIVATE_FILE } from './rights.js';

const LOCK = /^\.lock-[0-9a-f]{16}$/;
/** One that process 1234 was putting there. */
const HALF_LOCK = /^\.lock-[0-9a-f]{16}\.tmp-(\d+)$/;
const LONGEST_PAUSE_MS = 40;

/**
 * Takes a folder that no other process, and nothing else in this one, may have at the same time. Each first puts a file of its own
 * into it and then looks whether another's is there: of two that come at once at least one sees the other, takes its file away and
 * waits a moment. So a file of a process that is gone can be removed by anybody without harm, which one file of a name that all
 * share could not.
 *
 * @param patienceMs how long others may keep it
 * @returns gives it back; undefined where others do not come to an end
 * @throws what the file system says
 */
export async function takeFolder(folder: string, patienceMs: number): Promise<(() => void) | undefined> {
  const own = `.lock-${randomBytes(8).toString('hex')}`;
  const file = path.join(folder, own);
  const until = performance.now() + patienceMs;
  for (;;) {
    putInto(file);
    if (isFree(folder, own)) return () => removeIfPossible(file);
    fs.rmSync(file, { force: true });
    if (performance.now() > until) return undefined;
    await pause(LONGEST_PAUSE_MS * Math.random());
  }
}

/** Under another name first: whoever sees the file reads who has put it there. */
function putInto(file: string): void {
  const half = `${file}.tmp-${process.pid}`;
  try {
    fs.writeFileSync(half, ownName(), { mode: PRIVATE_FILE });
    fs.renameSync(half, file);
  } catch (error) {
    removeIfPossible(half);
    throw error;
  }
}

/** Whether no other has it. Where the disk does not say, nobody does, and nothing of this one is left. */
function isFree(folder: string, own: string): boolean {
  try {
    const names = fs.readdirSync(folder);
    removeHalfLocks(folder, names);
    const others = names.filter((name) => LOCK.test(name) && name !== own);
    return others.filter((name) => !removedDead(path.join(folder, name))).length === 0;
  } catch (error) {
    removeIfPossible(path.join(folder, own));
    throw error;
  }
}

/** Takes away what processes left that died while they put their file there. */
function removeHalfLocks(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const pid = HALF_LOCK.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) removeIfPossible(path.join(folder, name));
  }
}

/** Takes away the file of a process that is gone. */
function removedDead(file: string): boolean {
  try {
    if (isWriterAlive(fs.readFileSync(file, 'utf8'))) return false;
    fs.rmSync(file, { force: true });
    return true;
  } catch {
    return true; // gone by itself
  }
}
