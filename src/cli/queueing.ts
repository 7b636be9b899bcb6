import { inLine } from '../core/inLine.js';
import type { RunOrder } from '../protocol/jobs.js';
import { startWaiting } from '../runs/startWaiting.js';
import { putIntoQueue, queuedTrainings, type QueuedTraining } from '../runs/trainingQueue.js';
import { workAtHand } from '../runs/workAtHand.js';
import { EXIT } from './command.js';
import type { Flag } from './flag.js';
import { trainerEntry, type Output } from './follow.js';

export const AFTERWARDS: Flag = {
  name: 'afterwards',
  help: 'start once no other training is at work on this machine, and leave the terminal at once',
};

/** A line of the queue with its number there, from 1. */
export interface Numbered extends QueuedTraining {
  readonly number: number;
}

/** Starts what is due, since a training that was killed could not, and says what waits then. */
export function lookAtQueue(): Numbered[] {
  startWaiting(trainerEntry());
  return queuedTrainings().map((one, i) => ({ ...one, number: i + 1 }));
}

/**
 * Trains here and now, or puts the order behind those that wait.
 *
 * @returns the exit code
 * @throws UserError `run-waiting`, `queue-full`
 */
export async function beginRun(output: Output, order: RunOrder, name: string, afterwards: boolean): Promise<number> {
  startWaiting(trainerEntry());
  const work = workAtHand();
  if (!afterwards) {
    if (work !== undefined)
      console.error(
        `Another training is at work (${work}): both will be slower. With --afterwards this one waits for it.`,
      );
    return output.run(order);
  }
  const { id } = putIntoQueue({ order, name, askedBy: 'terminal' });
  const place = queuedTrainings().findIndex((one) => one.id === id) + 1;
  const begins = startWaiting(trainerEntry()) && place === 1;
  output.lines({ type: 'queued', id, place, begins, runFolder: order.runFolder });
  output.note(
    begins
      ? `No other training is at work: this one begins. “face-trainer attach ${order.runFolder}” follows it.`
      : `${name} waits, ${inLine(place)}${work === undefined ? '' : `, behind ${work}`}. “face-trainer queue” lists what waits.`,
    `Run folder  ${order.runFolder}`,
  );
  return EXIT.ok;
}

/** One that waits, for people. */
export function waitingLines({ number, name, starting, failure, training }: Numbered): string[] {
  const how = failure
    ? `could not begin. ${failure.message} ${failure.advice}`
    : starting
      ? 'begins'
      : `waiting, ${inLine(number)}`;
  return [`${name}: ${how}`, ...(training ? [`            ${training.order.runFolder}`] : [])];
}

/** The same for programs. */
export function waitingData({ number, id, name, starting, failure, training }: Numbered): object {
  return {
    ...{ state: failure ? 'could not begin' : starting ? 'begins' : 'waiting', number, id, name },
    ...(training && {
      runFolder: training.order.runFolder,
      type: training.order.type,
      askedBy: training.askedBy,
      askedAt: training.askedAt,
    }),
    ...(failure && { message: failure.message, advice: failure.advice }),
  };
}
