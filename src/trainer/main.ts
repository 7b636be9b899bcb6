import './lowerPriority.js';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { PROTOCOL_VERSION } from '../protocol/handshake.js';
import { trainerCommand, type TrainerMessage } from '../protocol/jobs.js';
import { runJob } from './jobs.js';
import type { TrainingOptions } from '../protocol/options.js';
import { fineTuningOptions } from '../runs/checkpointRun.js';
import { StopSignal } from '../training/stopSignal.js';
import { describe, trainRun } from '../training/trainRun.js';
import { version } from '../../package.json';

// The trainer: a child process that takes one job over its IPC channel, runs it and reports. It ends with its job, with
// a stop, or with its parent.

const stop = new StopSignal();

/** Settles when the newest message has left; the channel keeps their order. */
let flushed: Promise<unknown> = Promise.resolve();

function send(message: TrainerMessage): void {
  if (!process.connected) return; // The parent is gone, which has its own handler.
  flushed = new Promise((resolve) => process.send?.(message, undefined, undefined, resolve));
}

/** Ends when everything sent has left: process.exit alone would drop messages. */
function end(code: number): void {
  void flushed.then(() => process.exit(code));
}

function fail(error: unknown): void {
  send({ type: 'failure', ...describe(error) });
  end(1);
}

let busy = false;
function onMessage(message: unknown): void {
  const command = trainerCommand.safeParse(message);
  if (!command.success) {
    const advice = 'Face Trainer seems half updated: reload the window or install it again.';
    send({ type: 'failure', code: 'protocol', message: 'The trainer did not understand its order.', advice });
    console.error(command.error.message);
    if (!busy) end(1);
    return;
  }
  if (command.data.type === 'stop') {
    stop.request();
    return;
  }
  if (busy) return;
  busy = true;
  const order = command.data;
  const train = (runFolder: string, options: TrainingOptions) =>
    trainRun({ runFolder, options, version }, send, stop).then((ok) => end(ok ? 0 : 1), fail);
  if (order.type === 'train') void train(order.runFolder, order.options);
  else if (order.type === 'qat') {
    try {
      void train(order.runFolder, fineTuningOptions(order.checkpoint, order.wishes));
    } catch (error) {
      fail(error);
    }
  } else
    runJob(order, send, stop).then((word) => {
      send(word);
      end(0);
    }, fail);
}

if (!process.send) {
  console.error('This program is started by Face Trainer; at a terminal use “face-trainer train”.');
  process.exit(2);
}
process.on('message', onMessage);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Ctrl-C reaches the whole process group; the command line asks for a stop in its own words.
process.on('SIGINT', () => undefined);
// The parent is gone: end in good order if the batch at hand allows it. The watch below ends a process that is busy.
process.on('disconnect', () => stop.request());
new Worker(path.join(__dirname, 'parentWatch.js'), { workerData: { parent: process.ppid } }).unref();
send({ type: 'hello', protocol: PROTOCOL_VERSION, pid: process.pid, node: process.version });
