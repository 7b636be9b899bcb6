import type { TrainingOptions } from '../protocol/options.js';

/** Pictures in a training batch: people times pictures of each where it is made up so. */
export function picturesPerBatch({ sampler, batchSize }: Pick<TrainingOptions, 'sampler' | 'batchSize'>): number {
  return sampler === 'shuffle' ? batchSize : sampler.people * sampler.pictures;
}
