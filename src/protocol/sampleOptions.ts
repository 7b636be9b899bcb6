import type { TrainingOptions } from './options.js';
import { withRecipe } from './recipes.js';

/** Six hundred drawings from a random start want more and larger steps than the recipe for ImageNet weights has. */
export const SAMPLE_OPTIONS = { size: 96, batchSize: 16, learningRate: 1e-3 } as const;

/**
 * The options of a training on drawn faces, from a random start.
 *
 * @throws ZodError where a setting is not what it should be
 */
export function withSample(
  dataset: string,
  settings: Pick<TrainingOptions, 'engine' | 'threads' | 'pixelCacheMiB'>,
): TrainingOptions {
  const options = withRecipe('original', { ...SAMPLE_OPTIONS, ...settings, dataset, weights: null });
  if (!options.success) throw options.error;
  return options.data;
}
