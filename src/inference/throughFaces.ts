import type { Dataset } from '../dataset/dataset.js';
import { selectEngine } from '../engine/selectEngine.js';
import { openAlignedFaces } from '../faces/openFaceFinder.js';
import { alignedDataset } from '../training/alignedDataset.js';
import { openEmbedding } from '../training/faceStart.js';
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
  let aligned: Dataset | undefined;
  try {
    const weights = requireFaceWeights(undefined, options.faceWeights);
    const { engine } = await selectEngine({ engine: 'auto', threads: 0 });
    const embedding = openEmbedding(engine, { graph: float, parameters });
    try {
      const faces = await openAlignedFaces(weights, { template, size });
      aligned = await alignedDataset(dataset, { faces, size, embed: embedding.embed }, onProgress, cancelled);
      if (!aligned) await faces.close();
    } finally {
      embedding.dispose();
    }
  } finally {
    if (!aligned) await dataset.source.close();
  }
  return aligned;
}
