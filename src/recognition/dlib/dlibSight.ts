import os from 'node:os';
import { normalizeRows } from '../../core/cosine.js';
import { openFaces } from '../../faces/facesOf.js';
import type { FaceFinder } from '../../faces/faceFinder.js';
import type { Template } from '../../graph/preprocessing.js';
import { bundledFile } from '../../platform/bundledFile.js';
import { readRegularFile } from '../../platform/regularFile.js';
import { sha256 } from '../../platform/sha256.js';
import { cropReader } from '../faceSight.js';
import type { Sight } from '../sight.js';
import { DLIB_LENGTH, DLIB_SIZE } from './dlibMessages.js';
import { DlibThreads } from './dlibThreads.js';

/**
 * Where face-api puts a face for dlib's network: the middle of eyes and mouth at (0.5, 0.43), and the mouth 0.45 of the side away
 * from the eyes (FaceLandmarks.align). The proportions of the five points are those of a face seen from the front.
 */
const TEMPLATE: Template = [
  [0.297, 0.2962],
  [0.703, 0.2962],
  [0.5, 0.494],
  [0.332, 0.6978],
  [0.668, 0.6978],
];
const NAME = 'dlib-face-recognition-resnet';

/**
 * dlib's network of 128 numbers (D. King, CC0) inside face-api: what serves where no face weights are on this machine. It is a
 * tenth as fast, and misses several times as many known people at the same share of strangers.
 *
 * @throws UserError `detector-missing`
 */
export async function dlibSight(faces: 'on' | 'off'): Promise<Sight> {
  const threads = DlibThreads.start(os.availableParallelism());
  const finder: FaceFinder = {
    identity: 'tiny face detector 1',
    find: async (pixels, width, height) => {
      const answer = await threads.ask({ kind: 'find', pixels, width, height });
      return answer.kind === 'found' ? [...answer.faces] : [];
    },
    close: () => Promise.resolve(),
  };
  const reader = faces === 'on' ? openFaces({ template: TEMPLATE, size: DLIB_SIZE, finder }) : cropReader(DLIB_SIZE);
  const weights = readRegularFile(bundledFile('faces', 'face_recognition_model.bin')!, 1 << 26);
  return Promise.resolve({
    embedder: {
      network: {
        ...{ name: NAME, kind: 'dlib', precision: 'float32', length: DLIB_LENGTH, size: DLIB_SIZE },
        digest: sha256(weights),
        template: TEMPLATE,
      },
      runtime: 'face-api in WebAssembly',
      embed: async (crops, count) => {
        const answer = await threads.ask({ kind: 'embed', crops, count });
        return answer.kind === 'embedded' ? normalizeRows(answer.rows, DLIB_LENGTH) : new Float32Array(0);
      },
      close: () => threads.close(),
    },
    reader,
    reading: `dlib ${faces}`,
    close: async () => {
      await reader.close();
      await threads.close();
    },
  });
}
