import fs from 'node:fs';
import path from 'node:path';
import { namesIn } from './namesIn.js';

const DAY_MS = 86_400_000;
/** A disk that is not plugged in, a network folder of another place: it costs nothing it would be needed for within a month. */
const AWAY_MS = 30 * DAY_MS;

/**
 * Whether what is kept of a folder or file may go, because that is gone for good: it is not there while what is around it still is, so
 * it was deleted or moved, and nobody has used what is kept for a day; or neither is there, as with a disk that is unplugged, for 30
 * days. One that cannot be looked at is not gone.
 *
 * @param place absolute
 * @param usedMs when what is kept of it was used last
 */
export function isGoneForGood(place: string, usedMs: number, nowMs = Date.now()): boolean {
  if (!isAbsent(place)) return false;
  // The mount point of an unplugged disk is there, and empty.
  const isAround = namesIn(path.dirname(place)).length > 0;
  return nowMs - usedMs > (isAround ? DAY_MS : AWAY_MS);
}

/** Whether the system says that nothing is there; what it does not let us see may be there. */
export function isAbsent(place: string): boolean {
  try {
    fs.statSync(place);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}
