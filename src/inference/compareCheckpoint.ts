import path from 'node:path';
import { UserError } from '../core/userError.js';
import type { Comparison } from '../protocol/comparison.js';
import { openCheckpoint } from './openCheckpoint.js';
import { measure, picturesGone } from './measure.js';
import { runFolderOf } from '../runs/runFolder.js';

/**
 * Float and int8 of a fine-tuned checkpoint beside each other, on the validation pictures of its run.
 *
 * @returns undefined when cancelled
 * @throws UserError `not-quantized`, `dataset-missing` where the pictures are gone or show other people, or what the
 *   checkpoint is refused for
 */
export async function compareCheckpoint(
  checkpoint: string,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Comparison | undefined> {
  const source = openCheckpoint(checkpoint);
  if (!source.quantization)
    throw new UserError(
      'not-quantized',
      'This checkpoint contains a float network: there is nothing to compare it with.',
      'Enable Quantization-Aware Fine-Tuning on it first, and compare a checkpoint of that run.',
    );
  const measured = await measure(source, onProgress, cancelled);
  if (cancelled()) return undefined;
  const { dataset } = source.run.options;
  if (!measured)
    throw picturesGone(source, 'Bring them back: float and int8 are compared on the validation pictures of their run.');
  const run = path.basename(runFolderOf(checkpoint));
  return { checkpoint: `${run}/${path.basename(checkpoint)}`, dataset, network: source.float.name, ...measured };
}
