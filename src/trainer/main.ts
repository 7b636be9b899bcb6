import './lowerPriority.js';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { failureOf } from '../platform/failureOf.js';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import { isRunOrder, JOBS, trainerCommand, type Job, type MessageOf, type TrainerMessage } from '../protocol/jobs.js';
import type { Request } from '../protocol/recognitionJobs.js';
import { NEXT, startWaitingAfter } from '../runs/startWaiting.js';
import { beginNext } from './beginNext.js';
import { runJob } from './jobs.js';
import { Mailbox } from './mailbox.js';
import { StopSignal } from '../training/stopSignal.js';

// The trainer: a child process that takes one job over its IPC channel, runs it and reports. It ends with its job or with
// a stop; with its parent only where the job is not a run, whose truth is a folder that anybody can follow.

const stop = new StopSignal();
const requests = new Mailbox<Request>();

/** Settles when the newest message has left; the channel keeps their order. */
let flushed: Promise<unknown> = Promise.resolve();

/** Messages on their way. */
let unsent = 0;
/** A parent that hangs does not make a run's memory grow: it finds the steps in the log. */
const MOST_UNSENT = 1000;

function send(message: TrainerMessage): void {
  if (!process.connected) return; // The parent is gone, which has its own handler.
  if (message.type === 'step' && unsent >= MOST_UNSENT) return;
  unsent++;
  flushed = new Promise((resolve) =>
    process.send?.(message, undefined, undefined, () => {
      unsent--;
      resolve(undefined);
    }),
  );
}

/** The parent is gone, or does not listen any more: what was sent last may never leave. */
const unheard = new Promise((resolve) => process.once('disconnect', resolve));

/** Ends when everything sent has left: process.exit alone would drop messages. After a training the one that waits begins. */
function end(code: number): void {
  void Promise.race([flushed, unheard]).then(() => {
    // A machine that shuts down asks by a signal: what waits begins when somebody looks again.
    if (job && isRunOrder({ type: job }) && stop.cause?.by !== 'signal') startWaitingAfter(__filename);
    process.exit(code);
  });
}

const LONG_MS = 2 ** 30;

/** What this process was started for, once it knows. */
let job: Job | undefined;

function fail(error: unknown): void {
  send({ type: 'failure', ...failureOf(error, job ? JOBS[job] : { noun: 'start' }) });
  end(1);
}

function onMessage(message: unknown): void {
  const command = trainerCommand.safeParse(message);
  if (!command.success) {
    const advice = 'Face Trainer seems half updated: reload the window or install it again.';
    send({ type: 'failure', code: 'protocol', message: 'The trainer did not understand its order.', advice });
    console.error(command.error.message);
    if (!job) end(1);
    return;
  }
  if (command.data.type === 'stop') {
    stop.request();
    requests.close();
    return;
  }
  if (command.data.type === 'request') {
    requests.put(command.data);
    return;
  }
  if (job) return;
  const order = command.data;
  job = order.type;
  if (isRunOrder(order)) {
    void watch?.terminate();
    outliveTerminal();
  }
  runJob<Job>(job, order, send, stop, requests).then((word) => {
    send(word);
    end(word.type === 'failure' ? 1 : 0);
  }, fail);
}

/** Without a channel nothing but the work at hand keeps a process alive, and that may wait for a thread which does not. */
function outliveTerminal(): void {
  setInterval(() => undefined, LONG_MS);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => stop.breakOff({ by: 'signal', signal }));
}

/** Trains what waits first, if it is its turn; there is nobody to tell but its folder and the queue. */
async function trainNext(): Promise<void> {
  const next = await beginNext(Number(process.argv[3] ?? 0));
  if (!next) process.exit(0);
  const { order } = next;
  job = order.type;
  outliveTerminal();
  const hear = (message: TrainerMessage) => next.heard(message);
  const word = await runJob<Job>(job, order, hear, stop, requests).catch((error: unknown): MessageOf<'failure'> => ({
    type: 'failure',
    ...failureOf(error, JOBS[order.type]),
  }));
  hear(word);
  end(word.type === 'failure' ? 1 : 0);
}

const isNext = process.argv[2] === NEXT;
if (!isNext && !process.send) {
  console.error('This program is started by Face Trainer; at a terminal use “face-trainer train”.');
  process.exit(2);
}
// What is logged when nobody reads any more is lost; the error of that must not be logged in its turn, for ever.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
process.on('message', onMessage);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Ctrl-C reaches the whole process group; the command line asks for a stop in its own words.
process.on('SIGINT', () => undefined);
// The parent is gone: end in good order if what is at hand allows it. The watch below ends a process that is busy.
process.on('disconnect', () => {
  if (job && isRunOrder({ type: job })) return;
  stop.request();
  requests.close();
});
const parent = Number(process.argv[2] ?? process.ppid);
const watch = isNext ? undefined : new Worker(path.join(__dirname, 'parentWatch.js'), { workerData: { parent } });
watch?.unref();
if (isNext) trainNext().catch(fail);
send({ type: 'hello', protocol: PROTOCOL_VERSION, pid: process.pid, node: process.version });
