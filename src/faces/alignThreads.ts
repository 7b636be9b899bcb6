import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { UserError } from '../core/userError.js';
import { bundledFile } from '../platform/bundledFile.js';
import type { AlignResult } from './alignPicture.js';
import type { AlignThreadOptions, AlignWish } from './alignThread.js';

/**
 * Starts threads that align pictures and gives each to a worker function; any error ends all.
 *
 * @param size side of a crop in pixels
 * @throws UserError `detector-missing`
 */
export async function inAlignThreads(
  size: number,
  count: number,
  work: (align: (wish: AlignWish) => Promise<AlignResult>) => Promise<void>,
): Promise<void> {
  const detector = bundledFile('faces', 'tiny_face_detector_model.bin');
  const file = bundledFile('alignThread.js');
  if (!detector || !file)
    throw new UserError(
      'detector-missing',
      'The face detector is missing from this installation.',
      'Rebuild Face Trainer (npm run build), or align the pictures with another program.',
    );
  const workerData: AlignThreadOptions = { folder: path.dirname(detector), size };
  const threads = Array.from({ length: count }, () => new Worker(file, { workerData }));
  try {
    await Promise.all(
      threads.map((thread) => {
        const died = new Promise<never>((_, reject) => thread.once('error', reject));
        const align = (wish: AlignWish) => {
          const answer = new Promise<AlignResult>((resolve) => thread.once('message', resolve));
          thread.postMessage(wish);
          return Promise.race([answer, died]);
        };
        return work(align);
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
