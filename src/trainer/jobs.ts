import os from 'node:os';
import { storedSize } from '../dataset/augment.js';
import { checkDataset, withoutExcluded } from '../dataset/checkDataset.js';
import { scanDataset } from '../dataset/scanDataset.js';
import { alignFaces } from '../faces/alignFaces.js';
import { exportWithCard } from '../inference/exportWithCard.js';
import { compareCheckpoint } from '../inference/compareCheckpoint.js';
import { predict } from '../inference/predict.js';
import { pixelCacheFolder } from '../platform/cacheFolder.js';
import type { LastWord, TrainerMessage, TrainerOrder } from '../protocol/jobs.js';
import { withRecipe } from '../protocol/recipes.js';
import { previewSamples } from '../dataset/preview.js';
import { throttled } from '../platform/throttled.js';
import type { StopSignal } from '../training/stopSignal.js';

type JobOrder = Exclude<TrainerOrder, { type: 'train' | 'qat' }>;

/**
 * Everything a trainer does but train.
 *
 * @returns its last word
 * @throws UserError whatever the job refuses
 */
export async function runJob(
  order: JobOrder,
  send: (message: TrainerMessage) => void,
  stop: StopSignal,
): Promise<LastWord> {
  const progress = throttled((done, total) => send({ type: 'preparing', done, total }));
  const stopped = () => stop.requested;
  switch (order.type) {
    case 'check': {
      const { size, pixelCacheMiB } = order;
      // As the recommended recipe keeps them: a training that follows finds them there.
      const { augmentation } = withRecipe('default', { dataset: order.dataset }).data!;
      const options = {
        size,
        stored: storedSize(size, augmentation),
        cacheFolder: pixelCacheFolder(),
        cacheBytes: pixelCacheMiB * 2 ** 20,
      };
      const scanned = withoutExcluded(scanDataset(order.dataset), order.exclude);
      const report = await checkDataset(scanned, options, progress, stopped);
      return report ? { type: 'checked', report } : { type: 'cancelled' };
    }
    case 'align': {
      const { out, size } = order;
      const threads = order.threads || os.availableParallelism();
      const summary = await alignFaces(scanDataset(order.dataset), { out, size, threads }, progress, stopped);
      return summary ? { type: 'aligned', summary } : { type: 'cancelled' };
    }
    case 'export': {
      const exported = await exportWithCard(order, progress, stopped);
      return exported ? { type: 'exported', ...exported } : { type: 'cancelled' };
    }
    case 'compare': {
      const comparison = await compareCheckpoint(order.checkpoint, progress, stopped);
      return comparison ? { type: 'compared', comparison } : { type: 'cancelled' };
    }
    case 'predict': {
      const answers = await predict(order, progress, stopped);
      return answers ? { type: 'predicted', ...answers } : { type: 'cancelled' };
    }
    case 'preview':
      return { type: 'previewed', samples: await previewSamples(order.options) };
  }
}
