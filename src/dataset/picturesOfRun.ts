import type { TrainingOptions } from '../protocol/options.js';
import { withoutExcluded } from './checkDataset.js';
import { scanDataset, type ScannedDataset } from './scanDataset.js';

/**
 * The people and pictures that a training is given. To learn another network's embedding nobody needs a name: one folder of pictures
 * is enough.
 *
 * @throws UserError as `scanDataset` and `withoutExcluded`
 */
export function picturesOfRun({
  dataset,
  exclude,
  teacher,
}: Pick<TrainingOptions, 'dataset' | 'exclude' | 'teacher'>): ScannedDataset {
  return withoutExcluded(scanDataset(dataset, teacher === undefined ? 2 : 0), exclude);
}
