import path from 'node:path';
import { cacheFolder } from '../platform/cacheFolder.js';
import { namesIn } from '../platform/namesIn.js';

export function queueFolder(cache = cacheFolder()): string {
  return path.join(cache, 'queue');
}

/** Whether anything lies in it, at the cost of a look. */
export function isAnythingQueued(cache = cacheFolder()): boolean {
  return namesIn(queueFolder(cache)).length > 0;
}
