import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../core/userError.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import { removeIfPossible, syncFolder, writeFileAtomically } from '../platform/files.js';
import { takeFolder } from '../platform/folderLock.js';
import { isWriterAlive, ownName } from '../platform/isAlive.js';
import { namesIn } from '../platform/namesIn.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { readOwnFile } from '../platform/regularFile.js';
import { JOBS, type RunOrder } from '../protocol/jobs.js';
import { queueFolder } from './queueFolder.js';
import { RunFolder } from './runFolder.js';
import { runningRuns } from './runningRuns.js';

// Trainings that wait for the one at work: a file for each in the per-user cache, whole or absent, so that they outlive window,
// editor and machine. Whoever changes one that is there has the folder's lock, which a process that is gone does not hold.

const failure = z.object({ message: z.string(), advice: z.string() });
const waitingTraining = z.object({
  version: z.literal(1),
  order: z
    .discriminatedUnion('type', [JOBS.train.order, JOBS.qat.order, JOBS.resume.order])
    .refine(({ runFolder }) => path.isAbsolute(runFolder)),
  /** For people. */
  name: z.string().min(1).max(200),
  askedBy: z.enum(['editor', 'terminal']),
  /** ISO 8601, UTC. */
  askedAt: z.iso.datetime(),
  /** The process that begins it, number and start; it takes the file away once the run says who it is. */
  takenBy: z.string().max(200).optional(),
  /** How often one was about to begin it. */
  tries: z.int().min(0).max(100).default(0),
  /** Why it never began. */
  failure: failure.optional(),
});
type WaitingTraining = Readonly<z.output<typeof waitingTraining>>;

/** A line of the queue. */
export interface QueuedTraining extends Pick<WaitingTraining, 'name' | 'failure'> {
  readonly id: string;
  /** Absent where the file is damaged, or of another version. */
  readonly training?: WaitingTraining;
  /** A process is about to begin it. */
  readonly starting: boolean;
}

const NAME = /^(\d{15})-[0-9a-f]{8}\.json$/;
const MOST_BYTES = 1 << 20;
const MOST_WAITING = 100;
/** A process that is killed between taking an order and its run's first word is no reason to drop it; two are. */
const MOST_TRIES = 2;
const PATIENCE_MS = 5000;

/**
 * Puts a training behind all others that wait.
 *
 * @throws UserError `run-waiting` where its run waits already, `queue-full`
 */
export function putIntoQueue(
  { order, name, askedBy }: Pick<WaitingTraining, 'name' | 'askedBy'> & { readonly order: RunOrder },
  now = new Date(),
  cache = cacheFolder(),
): QueuedTraining {
  const present = queuedTrainings(cache).filter((one) => !one.failure);
  const place = present.findIndex(({ training }) => training?.order.runFolder === order.runFolder);
  if (place >= 0)
    throw new UserError(
      'run-waiting',
      `The run “${path.basename(order.runFolder)}” waits already, as number ${place + 1}.`,
      'Remove that one first, if this one shall be in its place (face-trainer queue remove).',
    );
  if (present.length >= MOST_WAITING)
    throw new UserError('queue-full', `${MOST_WAITING} trainings wait already.`, 'Remove some of them first.');
  const last = Math.max(0, ...queuedTrainings(cache).map(({ id }) => numberOf(id) + 1));
  const training: WaitingTraining = {
    ...{ version: 1, order, name: name.slice(0, 200) || 'run', askedBy, askedAt: now.toISOString(), tries: 0 },
  };
  const id = idOf(Math.max(now.getTime(), last));
  makePrivateFolder(queueFolder(cache));
  write(id, training, cache);
  return { id, name: training.name, training, starting: false };
}

/** Those that wait in their order, then those that never began. Nothing is thrown. */
export function queuedTrainings(cache = cacheFolder()): QueuedTraining[] {
  const all = namesIn(queueFolder(cache)).flatMap((name) => (NAME.test(name) ? readOne(name, cache) : []));
  return [...all.filter((one) => !one.failure), ...all.filter((one) => one.failure)];
}

/** The folders of runs that wait for their turn, which no other run may have. */
export function promisedFolders(cache = cacheFolder()): string[] {
  return queuedTrainings(cache).flatMap(({ training, failure }) =>
    training && !failure ? training.order.runFolder : [],
  );
}

/** Whether somebody trains on this machine, or is about to. */
export function isAnyAtWork(cache = cacheFolder()): boolean {
  return runningRuns(cache).length > 0 || queuedTrainings(cache).some(({ starting }) => starting);
}

/** Whether one waits that could begin now. */
export function isOneDue(cache = cacheFolder()): boolean {
  return queuedTrainings(cache).some(({ failure, starting }) => !failure && !starting) && !isAnyAtWork(cache);
}

/**
 * Takes the one that waits first, for the process that calls this: of several that ask at once, one gets it.
 *
 * @returns undefined where none waits or another training is at work
 * @throws what the file system says
 */
export function takeNext(
  cache = cacheFolder(),
): Promise<(QueuedTraining & { readonly training: WaitingTraining }) | undefined> {
  return locked(cache, () => {
    if (isAnyAtWork(cache)) return undefined;
    for (const { id, training, failure } of queuedTrainings(cache)) {
      if (failure || !training) continue;
      if (training.takenBy !== undefined && hasBegun(training)) {
        removeIfPossible(fileOf(id, cache));
        continue;
      }
      if (training.tries >= MOST_TRIES) {
        write(id, { ...training, failure: KILLED }, cache);
        continue;
      }
      const taken = { ...training, takenBy: ownName(), tries: training.tries + 1 };
      write(id, taken, cache);
      return { id, name: taken.name, training: taken, starting: true };
    }
    return undefined;
  });
}

const KILLED = {
  message: 'Its process was ended twice before it began.',
  advice: 'The machine may have too little memory for it; try a smaller batch.',
};

/** The run of a training has said who it is: from now on its folder tells of it. */
export function leaveQueue(id: string, cache = cacheFolder()): void {
  removeIfPossible(fileOf(id, cache));
}

/** Keeps a training that could not begin in the list, with the reason. @throws what the file system says */
export function keepAsFailed(
  { id, training }: QueuedTraining,
  why: z.output<typeof failure>,
  cache = cacheFolder(),
): void {
  const { message, advice } = why;
  if (training) write(id, { ...training, failure: { message, advice } }, cache);
}

/**
 * Takes one out of the queue.
 *
 * @returns it; undefined where it is there no longer, or about to begin
 * @throws what the file system says
 */
export function removeFromQueue(id: string, cache = cacheFolder()): Promise<QueuedTraining | undefined> {
  return locked(cache, () => {
    const one = waiting(id, cache);
    if (one) fs.rmSync(fileOf(id, cache), { force: true });
    return one;
  });
}

/**
 * Puts one before all others that wait.
 *
 * @returns it; undefined where it is there no longer, or about to begin
 * @throws what the file system says
 */
export function moveToFront(id: string, cache = cacheFolder()): Promise<QueuedTraining | undefined> {
  return locked(cache, () => {
    const one = waiting(id, cache);
    const [first] = queuedTrainings(cache);
    if (!one?.training || !first || first.id === id) return one;
    const moved = idOf(numberOf(first.id) - 1);
    fs.renameSync(fileOf(id, cache), fileOf(moved, cache));
    syncFolder(queueFolder(cache));
    return { ...one, id: moved };
  });
}

function waiting(id: string, cache: string): QueuedTraining | undefined {
  return queuedTrainings(cache).find((one) => one.id === id && !one.starting);
}

/** Killed between its run's first words and the end of its order: it has a folder of its own, in which it is found. */
function hasBegun({ order }: WaitingTraining): boolean {
  return order.type !== 'resume' && fs.existsSync(new RunFolder(order.runFolder).record);
}

async function locked<T>(cache: string, work: () => T): Promise<T> {
  makePrivateFolder(queueFolder(cache));
  const giveBack = await takeFolder(queueFolder(cache), PATIENCE_MS);
  if (!giveBack) throw new UserError('queue-busy', 'The queue is in use.', 'Try again in a moment.');
  try {
    return work();
  } finally {
    giveBack();
  }
}

function readOne(name: string, cache: string): QueuedTraining[] {
  const id = name.slice(0, -'.json'.length);
  try {
    const training = waitingTraining.parse(JSON.parse(readOwnFile(fileOf(id, cache), MOST_BYTES).toString('utf8')));
    const { failure, takenBy } = training;
    const starting = !failure && takenBy !== undefined && isWriterAlive(takenBy);
    return [{ id, name: training.name, training, starting, ...(failure && { failure }) }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // it has just begun
    return [{ id, name: 'unreadable', starting: false, failure: UNREADABLE }];
  }
}

const UNREADABLE = {
  message: 'Its order is damaged, or was written by another version of Face Trainer.',
  advice: 'Remove it and start that training anew.',
};

function write(id: string, training: WaitingTraining, cache: string): void {
  writeFileAtomically(fileOf(id, cache), `${JSON.stringify(training)}\n`);
}

/** @throws for what no file of the queue is called, such as a path */
function fileOf(id: string, cache: string): string {
  const name = `${id}.json`;
  if (!NAME.test(name)) throw new Error(`“${id}” is no training of the queue`);
  return path.join(queueFolder(cache), name);
}

function idOf(number: number): string {
  return `${String(number).padStart(15, '0')}-${randomBytes(4).toString('hex')}`;
}

function numberOf(id: string): number {
  return Number(id.slice(0, 15));
}
