import { spawn } from 'node:child_process';
import { trainerEnvironment } from '../platform/trainerEnvironment.js';
import { isOneDue, queuedTrainings } from './trainingQueue.js';

/** What a trainer is called with that takes its order from the queue. */
export const NEXT = '--next';

/**
 * Starts the training that waits first, where one does and none is at work: a process of its own, which nobody has to hear. Of
 * several that are started at once, one finds something to do.
 *
 * @param entry the bundled trainer
 * @returns whether a process was started
 */
export function startWaiting(entry: string): boolean {
  if (!isOneDue()) return false;
  start(entry);
  return true;
}

/** Starts what waits once this process, whose training has ended, is gone with all its memory. */
export function startWaitingAfter(entry: string, { pid } = process): void {
  if (queuedTrainings().some(({ failure }) => !failure)) start(entry, String(pid));
}

function start(entry: string, ...predecessor: readonly string[]): void {
  const child = spawn(process.execPath, [entry, NEXT, ...predecessor], {
    ...{ detached: true, stdio: 'ignore', windowsHide: true, env: trainerEnvironment() },
  });
  // Whoever looks next starts it.
  child.once('error', (error) => console.error(error));
  child.unref();
}
