import { formatCount } from './format.js';
import type { TrainingOptions } from '../protocol/options.js';

/** Pictures in a training batch: people times pictures of each where it is made up so. */
export function picturesPerBatch({ sampler, batchSize }: Pick<TrainingOptions, 'sampler' | 'batchSize'>): number {
  return sampler === 'shuffle' ? batchSize : sampler.people * sampler.pictures;
}

/** A batch that takes about half the memory; undefined where it would be none, or is made up of people. */
export function smallerBatch({
  sampler,
  batchSize,
}: Pick<TrainingOptions, 'sampler' | 'batchSize'>): number | undefined {
  return sampler === 'shuffle' && batchSize >= 4 ? batchSize >> 1 : undefined;
}

/** "batch 128"; "batch 80 (20 people x 4 pictures)" where a batch is made up of people. */
export function batchWords(options: Pick<TrainingOptions, 'sampler' | 'batchSize'>): string {
  const words = `batch ${picturesPerBatch(options)}`;
  if (options.sampler === 'shuffle') return words;
  const { people, pictures } = options.sampler;
  return `${words} (${formatCount(people, 'person', 'people')} x ${formatCount(pictures, 'picture')})`;
}
