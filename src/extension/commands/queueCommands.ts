import { UserError } from '../../core/userError.js';
import { removeFromQueue, type QueuedTraining } from '../../runs/trainingQueue.js';
import type { Trainer } from '../trainer.js';
import { waitingOf } from './arguments.js';

/** Takes a training out of the queue. @throws UserError `queue-absent` */
export async function takeOut(argument: unknown): Promise<QueuedTraining> {
  const id = waitingOf(argument);
  const one = id === undefined ? undefined : await removeFromQueue(id);
  if (one) return one;
  throw new UserError('queue-absent', 'That training waits no longer.', 'It may have begun: look at the runs.');
}

/** Starts one that waits beside the one at work. @throws UserError `queue-absent` */
export async function startWaitingNow(trainer: Trainer, argument: unknown): Promise<void> {
  const { training, name } = await takeOut(argument);
  if (training) trainer.startNow(training.order, name);
}
