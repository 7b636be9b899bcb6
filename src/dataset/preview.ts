import path from 'node:path';
import { Random } from '../core/random.js';
import { cropCentre, distort, drawDistortion, storedSize } from './augment.js';
import { withoutExcluded } from './checkDataset.js';
import { decodePicture } from './decodePicture.js';
import { scanDataset } from './scanDataset.js';
import { jpegDataUri } from './thumbnail.js';
import type { MessageOf } from '../protocol/jobs.js';
import type { TrainingOptions } from '../protocol/options.js';

/** What the panel shows. */
export const SAMPLES = 12;

/** A few pictures of the folder as they are and as a training with these options would see them in its first epoch. */
export async function previewSamples(options: TrainingOptions): Promise<MessageOf<'previewed'>['samples']> {
  const { root, files } = withoutExcluded(scanDataset(options.dataset), options.exclude);
  const { size, seed, augmentation } = options;
  const stored = storedSize(size, augmentation);
  const numbers = Random.forPurpose(seed, 'preview').shuffle(files.map((_, i) => i));
  const samples: MessageOf<'previewed'>['samples'] = [];
  for (const picture of numbers) {
    if (samples.length === SAMPLES) break;
    const { pixels } = await decodePicture(path.join(root, files[picture]!), stored);
    if (!pixels) continue; // a broken one has nothing to show
    const original = new Uint8Array(size * size * 3);
    const distorted = new Uint8Array(size * size * 3);
    cropCentre(pixels, stored, original, 0, size);
    distort(pixels, stored, distorted, 0, size, drawDistortion(augmentation, size, stored, seed, 1, picture));
    samples.push({
      file: files[picture]!,
      original: await jpegDataUri(original, size),
      distorted: await jpegDataUri(distorted, size),
    });
  }
  return samples;
}
