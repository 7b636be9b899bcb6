import os from 'node:os';
import { selectEngine } from '../engine/selectEngine.js';
import { faceCacheFolder } from '../platform/cacheFolder.js';
import type { FaceWeightsFiles } from '../weights/faceWeights.js';
import { FaceCache } from './faceCache.js';
import type { FaceFinder } from './faceFinder.js';
import { facesIdentity, openFaces, type AlignedFacesOptions } from './facesOf.js';
import type { AlignedFaces } from './foundFace.js';
import { NetworkFaceFinder } from './networkFinder.js';

/**
 * What finds faces with the face weights. Each network computes on one thread: many pictures at the same time are faster than
 * many threads on one.
 *
 * @param lanes networks that compute at the same time; as many as there are cores when absent
 * @throws UserError `weights-unreadable`, `engine-unavailable`
 */
export async function openFaceFinder(
  weights: FaceWeightsFiles,
  lanes = os.availableParallelism(),
): Promise<FaceFinder> {
  const { engine } = await selectEngine({ engine: 'auto', threads: 1 });
  return new NetworkFaceFinder(engine, weights, lanes);
}

/** Of all aligned faces that are kept: those of 40,000 pictures of one person each. */
const CACHE_BYTES = 2 * 2 ** 30;

/**
 * Pictures to faces that are aligned for a network, with what is kept of them between two programs.
 *
 * @throws UserError as `openFaceFinder`
 */
export async function openAlignedFaces(
  weights: FaceWeightsFiles,
  { template, size, limits }: Pick<AlignedFacesOptions, 'template' | 'size' | 'limits'>,
  { lanes, cacheFolder = faceCacheFolder() }: { readonly lanes?: number; readonly cacheFolder?: string } = {},
): Promise<AlignedFaces> {
  const finder = await openFaceFinder(weights, lanes);
  const cache = new FaceCache(cacheFolder, facesIdentity({ finder, template }), size, CACHE_BYTES);
  return openFaces({ template, size, finder, cache, ...(limits && { limits }) });
}
