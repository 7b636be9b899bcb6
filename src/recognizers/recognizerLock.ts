import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../core/userError.js';
import { isAlive, processStart } from '../platform/isAlive.js';
import { PRIVATE_FILE } from '../platform/privateFolder.js';

const LOCK = /^\.lock-[0-9a-f]{16}$/;
/** A change takes some 10 ms. */
const PATIENCE_MS = 15_000;
const LONGEST_PAUSE_MS = 40;

/**
 * Does something that no other process, and nothing else in this one, may do to a recognizer at the same time. Each first puts a
 * file of its own into the folder and then looks whether another's is there: of two that come at once at least one sees the other,
 * takes its file away and waits a moment. So a file of a process that is gone can be removed by anybody without harm, which one
 * file of a name that all share could not.
 *
 * @throws UserError `recognizer-busy` where others do not come to an end
 */
export async function withRecognizerLock<T>(folder: string, work: () => T): Promise<T> {
  const own = `.lock-${randomBytes(8).toString('hex')}`;
  const file = path.join(folder, own);
  const writer = [process.pid, processStart(process.pid) ?? ''].join(' ').trim();
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    // Under another name first: whoever sees the file reads who has put it there.
    fs.writeFileSync(`${file}.new`, writer, { mode: PRIVATE_FILE });
    fs.renameSync(`${file}.new`, file);
    if (!isTaken(folder, own))
      try {
        return work();
      } finally {
        fs.rmSync(file, { force: true });
      }
    fs.rmSync(file, { force: true });
    if (performance.now() > until)
      throw new UserError(
        'recognizer-busy',
        `Another window or program is changing the recognizer “${folder}”.`,
        'Try again when it is done.',
      );
    await pause(LONGEST_PAUSE_MS * Math.random());
  }
}

function isTaken(folder: string, own: string): boolean {
  const others = fs.readdirSync(folder).filter((name) => LOCK.test(name) && name !== own);
  return others.filter((name) => !removedDead(path.join(folder, name))).length > 0;
}

/** Takes away the file of a process that is gone. */
function removedDead(file: string): boolean {
  try {
    const [pid, start] = fs.readFileSync(file, 'utf8').split(' ');
    if (isAlive(Number(pid), start)) return false;
    fs.rmSync(file, { force: true });
    return true;
  } catch {
    return true; // gone by itself
  }
}
