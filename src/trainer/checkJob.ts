import { storedSize } from '../dataset/augment.js';
import { checkDataset, withoutExcluded } from '../dataset/checkDataset.js';
import { scanDataset, type ScannedDataset } from '../dataset/scanDataset.js';
import { pixelCacheFolder } from '../platform/cacheFolder.js';
import type { Finding } from '../protocol/check.js';
import type { OrderOf } from '../protocol/jobs.js';
import { withRecipe } from '../protocol/recipes.js';
import { faceSight } from '../recognition/faceSight.js';
import { strayFinding } from '../recognition/strayFinding.js';
import { findFaceWeights } from '../weights/faceWeights.js';
import { CANCELLED, type JobContext, type RunJob } from './runningJob.js';

/** Pictures by their bytes and looks, and where the face network is on this machine by their faces, too. */
export const runCheck: RunJob<'check'> = async (order, context) => {
  const { dataset, size, augmentation, pixelCacheMiB, exclude } = order;
  const { progress, cancelled } = context;
  const scanned = withoutExcluded(scanDataset(dataset), exclude);
  const found = await byTheirFaces(scanned, order, context);
  if (cancelled()) return CANCELLED;
  const options = {
    size,
    // A training that follows finds them there: it keeps them a little larger where it moves them about.
    stored: storedSize(size, augmentation ?? withRecipe('default', { dataset }).data!.augmentation),
    cacheFolder: pixelCacheFolder(),
    cacheBytes: pixelCacheMiB * 2 ** 20,
  };
  const { total, others } = found;
  const told = (done: number) => progress(total - scanned.files.length + done, total);
  const report = await checkDataset(scanned, options, told, cancelled, others);
  return report ? { type: 'checked', report } : CANCELLED;
};

/** @returns what the faces tell, and how many pictures are looked at in all: each of them twice where faces are */
async function byTheirFaces(
  scanned: ScannedDataset,
  { faceWeights, faces }: Pick<OrderOf<'check'>, 'faceWeights' | 'faces'>,
  { progress, cancelled }: Pick<JobContext, 'progress' | 'cancelled'>,
): Promise<{ readonly total: number; readonly others: Finding[] }> {
  const count = scanned.files.length;
  const weights = findFaceWeights(faceWeights);
  if (!weights) return { total: count, others: [] };
  const sight = await faceSight(weights, faces);
  try {
    const finding = await strayFinding(sight, scanned, (done) => progress(done, 2 * count), cancelled);
    return { total: 2 * count, others: finding ? [finding] : [] };
  } finally {
    await sight.close();
  }
}
