import { openAlignedFaces } from '../faces/openFaceFinder.js';
import type { FaceLimits } from '../faces/quality.js';
import type { Template } from '../graph/preprocessing.js';
import type { FaceWeightsFiles } from '../weights/faceWeights.js';
import type { FaceReader } from './faceReader.js';

/** Finds faces and aligns them to a template. Opened with the first picture: where all was looked at before, nothing has to be found. */
export function templateReader(
  weights: FaceWeightsFiles,
  template: Template,
  size: number,
  limits?: FaceLimits,
): FaceReader {
  let opened: Promise<FaceReader> | undefined;
  const open = () => (opened ??= openAlignedFaces(weights, { template, size, ...(limits && { limits }) }));
  return {
    of: async (file) => (await open()).of(file),
    close: async () => (await opened)?.close(),
  };
}
