import path from 'node:path';
import { cacheFolder } from '../platform/cacheFolder.js';
import { namesIn } from '../platform/namesIn.js';
import { isAnythingQueued } from './queueFolder.js';

/** Where trainings of this user are noted while they are at work. */
export function runningFolder(cache = cacheFolder()): string {
  return path.join(cache, 'running');
}

/** Whether a training is noted as at work, or waits, at the cost of two looks: what the notes say is not read. */
export function isAnythingUnderWay(cache = cacheFolder()): boolean {
  return namesIn(runningFolder(cache)).length > 0 || isAnythingQueued(cache);
}
