import { findFaceWeights } from '../weights/faceWeights.js';
import { alignPicture, type AlignResult } from './alignPicture.js';
import type { AlignWish } from './alignThread.js';
import { inAlignThreads } from './alignThreads.js';
import { openFaceFinder } from './openFaceFinder.js';

/**
 * Gives what aligns pictures to as many workers; any error ends all. Where the face weights are on this machine their networks find
 * the faces, in this process, whose engine computes on other threads; else the detector that comes with us, in threads of its
 * own.
 *
 * @param size side of a crop in pixels
 * @throws UserError `weights-unreadable`, `detector-missing`
 */
export async function withAligners(
  size: number,
  count: number,
  work: (align: (wish: AlignWish) => Promise<AlignResult>) => Promise<void>,
  weights = findFaceWeights(),
): Promise<void> {
  if (!weights) return inAlignThreads(size, count, work);
  const finder = await openFaceFinder(weights, count);
  try {
    const align = ({ source, target }: AlignWish) => alignPicture(finder, source, target, size);
    await Promise.all(Array.from({ length: count }, () => work(align)));
  } finally {
    await finder.close();
  }
}
