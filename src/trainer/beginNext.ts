import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '../platform/isAlive.js';
import type { RunOrder, TrainerMessage } from '../protocol/jobs.js';
import { keepAsFailed, leaveQueue, takeNext } from '../runs/trainingQueue.js';

const LOOK_MS = 50;
/** A process whose training has ended has little left to do; one that hangs holds up nobody. */
const PATIENCE_MS = 30_000;

/** A training out of the queue. */
export interface NextTraining {
  readonly order: RunOrder;
  /** Keeps the queue true by what the run says. */
  heard(message: TrainerMessage): void;
}

/**
 * Takes the training that waits first.
 *
 * @param predecessor the process whose memory shall be free first; 0 for none
 * @returns undefined where none waits, or another is at work
 */
export async function beginNext(predecessor: number): Promise<NextTraining | undefined> {
  const until = performance.now() + PATIENCE_MS;
  while (predecessor > 0 && isAlive(predecessor) && performance.now() < until) await pause(LOOK_MS);
  const taken = await takeNext();
  if (!taken) return undefined;
  let begun = false;
  return {
    order: taken.training.order,
    heard(message) {
      if (message.type === 'run' || message.type === 'resumed') {
        begun = true;
        leaveQueue(taken.id);
      }
      if (message.type === 'failure' && !begun) keepAsFailed(taken, message);
    },
  };
}
