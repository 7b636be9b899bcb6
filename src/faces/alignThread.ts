import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { alignPicture, type AlignResult } from './alignPicture.js';
import { TinyFaceFinder } from './tinyFaceFinder.js';

// A thread that aligns pictures, one after the other: the detector computes on one core.

export interface AlignWish {
  readonly source: string;
  readonly target: string;
}
export interface AlignThreadOptions {
  /** With the detector's files. */
  readonly folder: string;
  readonly size: number;
}

const port = parentPort!;
const { folder, size } = workerData as AlignThreadOptions;
const finder = TinyFaceFinder.load(path.resolve(folder));

port.on('message', ({ source, target }: AlignWish) => {
  finder
    .then((loaded) => alignPicture(loaded, source, target, size))
    .then(
      (result: AlignResult) => port.postMessage(result),
      // Thrown on purpose: an unforeseen error ends the thread and, with it, the job.
      (error: unknown) =>
        setImmediate(() => {
          throw error;
        }),
    );
});
