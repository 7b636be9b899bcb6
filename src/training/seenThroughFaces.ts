import type { Dataset } from '../dataset/dataset.js';
import type { Engine } from '../engine/engine.js';
import type { FaceNetwork } from '../weights/faceNetwork.js';
import { alignedDataset, type AlignedDataset, type FacesOf } from './alignedDataset.js';
import { openEmbedding } from './faceStart.js';

/**
 * A dataset as a face network sees it: each picture is the crop of its face (`alignedDataset`).
 *
 * @param dataset closed where nothing comes of it
 * @param network what tells several faces of a picture apart
 * @param size side of a crop
 * @returns undefined when cancelled
 */
export async function seenThroughFaces(
  dataset: Dataset,
  engine: Engine,
  { size, ...network }: Pick<FaceNetwork, 'graph' | 'parameters' | 'size'>,
  openFaces: () => Promise<FacesOf>,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<AlignedDataset | undefined> {
  const embedding = openEmbedding(engine, network);
  let faces: FacesOf | undefined;
  let aligned: AlignedDataset | undefined;
  try {
    faces = await openFaces();
    aligned = await alignedDataset(dataset, { faces, size, embed: embedding.embed }, onProgress, cancelled);
    return aligned;
  } finally {
    embedding.dispose();
    if (!aligned) {
      await faces?.close();
      await dataset.source.close();
    }
  }
}
