import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { NOT_REGULAR } from '../platform/regularFile.js';
import { kerasFileUrl } from './loadKerasFile.js';
import type { KerasArray, KerasReply, KerasWish } from './kerasFile.js';

/** A Keras file as `readKerasFile` reads it, and attributes of the whole file by name, of those that there are. */
export interface KerasContent {
  readonly arrays: KerasArray[];
  readonly attributes: ReadonlyMap<string, string>;
}

const MOST_BYTES = 1 << 30;
/** CPU time for a file, and for each byte of it, ms: several times what a sound one takes. */
const MOST_MS = 500;
const MOST_MS_A_BYTE = 2e-4;
/** By the clock, for a file system that does not answer. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 50;

/**
 * Reads a Keras HDF5 file in a thread of its own, which is ended when it comes to no end: some damaged files send the HDF5 library
 * round in circles.
 *
 * @param names of attributes
 * @throws RangeError saying what is not as expected; what the file system says
 */
export async function readKeras(file: string, names: readonly string[] = []): Promise<KerasContent> {
  const stat = fs.statSync(file);
  if (!stat.isFile()) throw Object.assign(new Error(`“${file}” is not a regular file`), { code: NOT_REGULAR });
  if (stat.size > MOST_BYTES) throw new RangeError(`it is larger than ${MOST_BYTES / 2 ** 30} GB`);
  const reader = idle.pop() ?? new Reader();
  const reply = await reader.ask({ file, names }, MOST_MS + stat.size * MOST_MS_A_BYTE);
  if ('failure' in reply) {
    if (reply.broken) reader.end();
    else idle.push(reader);
    throw new RangeError(reply.failure);
  }
  idle.push(reader);
  return { arrays: reply.arrays, attributes: new Map(reply.attributes) };
}

/** That wait for another file: loading the library takes longer than a small one. They keep no process alive. */
const idle: Reader[] = [];

/** A thread with the library, which reads one file at a time. */
class Reader {
  private readonly worker: Worker;
  private readonly ready: Promise<void>;

  constructor() {
    this.worker = new Worker(kerasFileUrl(), { workerData: { readsKeras: true } });
    this.worker.on('error', () => undefined); // whoever asks hears of it
    this.ready = new Promise((resolve) => this.worker.once('message', () => resolve()));
    this.worker.unref();
  }

  /** @param mostMs of CPU time, of the whole process: this thread waits meanwhile */
  async ask(wish: KerasWish, mostMs: number): Promise<KerasReply> {
    this.worker.ref();
    return new Promise((resolve) => {
      const settle = (reply: KerasReply) => {
        clearInterval(watch);
        this.worker.removeAllListeners('message').removeAllListeners('exit');
        this.worker.unref();
        resolve(reply);
      };
      const limit = { cpuMs: Infinity, at: performance.now() + PATIENCE_MS };
      const watch = setInterval(() => {
        if (cpuMs() < limit.cpuMs && performance.now() < limit.at) return;
        settle({ failure: 'it is damaged: reading it comes to no end', broken: true });
      }, LOOK_MS);
      this.worker.once('exit', () => settle({ failure: 'it is damaged: the HDF5 library broke off', broken: true }));
      void this.ready.then(() => {
        limit.cpuMs = cpuMs() + mostMs;
        this.worker.once('message', settle);
        this.worker.postMessage(wish);
      });
    });
  }

  end(): void {
    void this.worker.terminate();
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
