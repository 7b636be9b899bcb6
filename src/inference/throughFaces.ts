import type { Dataset } from '../dataset/dataset.js';
import { selectEngine } from '../engine/selectEngine.js';
import { openAlignedFaces } from '../faces/openFaceFinder.js';
import { seenThroughFaces } from '../training/seenThroughFaces.js';
import { requireFaceWeights } from '../weights/faceWeights.js';
import type { OpenedCheckpoint } from './openCheckpoint.js';

/**
 * The pictures of a checkpoint's run as its network saw them: where it was trained on faces found and aligned for it, each is the
 * crop of its face.
 *
 * @param dataset closed where nothing comes of it
 * @returns undefined when cancelled
 * @throws UserError `weights-absent`
 */
export async function throughFaces(
  dataset: Dataset,
  { run: { options }, facts, float, parameters }: OpenedCheckpoint,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Dataset | undefined> {
  const { template, width: size } = facts.input;
  if (!template || options.faces !== 'on') return dataset;
  const open = () => openAlignedFaces(requireFaceWeights(undefined, options.faceWeights), { template, size });
  const { engine } = await selectEngine({ engine: 'auto', threads: 0 });
  return seenThroughFaces(dataset, engine, { graph: float, parameters, size }, open, onProgress, cancelled);
}
