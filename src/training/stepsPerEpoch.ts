import { batchCount } from '../dataset/batches.js';
import type { Dataset } from '../dataset/dataset.js';
import { peopleBatchCount } from '../dataset/sampler.js';
import type { TrainingOptions } from '../protocol/options.js';

/** Steps from first to last: what `stepsPerEpoch` of a run's log says. */
export function stepsPerEpoch(dataset: Dataset, { batchSize, sampler }: TrainingOptions): number {
  const pictures = dataset.split.train.length;
  return sampler === 'shuffle' ? batchCount(pictures, batchSize) : peopleBatchCount(pictures, sampler);
}
