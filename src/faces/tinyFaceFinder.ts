import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { detectAllFaces, nets, TinyFaceDetectorOptions } from '@vladmandic/face-api/dist/face-api.node-wasm.js';
import path from 'node:path';
import type { Point } from '../core/similarity.js';
import { inOrder, type Face, type FaceFinder } from './faceFinder.js';
import type { FivePoints } from './faceTemplate.js';

/** Sides at which the detector looks, until it finds something: small ones see large faces best. */
const LOOKS = [320, 224, 512];
const LEAST_SCORE = 0.3;

/** face-api declares pictures of a browser, or a tensor of a copy of TensorFlow.js of its own. */
const detect: (picture: never, options: TinyFaceDetectorOptions) => ReturnType<typeof detectAllFaces> = detectAllFaces;

/**
 * Faces and their landmarks by face-api (V. Mandic, MIT, after J. Mühler; networks and weights come with the package: the
 * "tiny face detector" and a 68-point landmark network), computed in WebAssembly on one thread. It serves where there are no face
 * weights: it is a tenth as fast as they are and misses small faces.
 */
export class TinyFaceFinder implements FaceFinder {
  readonly identity = 'tiny face detector 1';

  private constructor() {}

  /** @param folder with the weights and the WebAssembly files, as the build lays them out */
  static async load(folder: string): Promise<TinyFaceFinder> {
    setWasmPaths(`${folder}${path.sep}`);
    setThreadsCount(1);
    await tf.setBackend('wasm');
    await tf.ready();
    await nets.tinyFaceDetector.loadFromDisk(folder);
    await nets.faceLandmark68Net.loadFromDisk(folder);
    return new TinyFaceFinder();
  }

  async find(pixels: Uint8Array, width: number, height: number): Promise<Face[]> {
    const picture = tf.tensor3d(pixels, [height, width, 3], 'int32');
    try {
      for (const inputSize of LOOKS) {
        const options = new TinyFaceDetectorOptions({ inputSize, scoreThreshold: LEAST_SCORE });
        const found = await detect(picture as never, options).withFaceLandmarks();
        const faces = found.map(({ detection: { box, score }, landmarks }) => ({
          points: fivePoints(landmarks.positions),
          score,
          box: { left: box.x, top: box.y, width: box.width, height: box.height },
        }));
        if (faces.length > 0) return inOrder(faces, { width, height });
      }
      return [];
    } finally {
      picture.dispose();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Of the 68 points of iBUG's mark-up: the middle of either eye's outline, the tip of the nose, the corners of the mouth. */
function fivePoints(all: readonly { readonly x: number; readonly y: number }[]): FivePoints {
  const middle = (from: number, to: number): Point => {
    const some = all.slice(from, to);
    return [
      some.reduce((sum, { x }) => sum + x, 0) / some.length,
      some.reduce((sum, { y }) => sum + y, 0) / some.length,
    ];
  };
  const at = (i: number): Point => [all[i]!.x, all[i]!.y];
  return [middle(36, 42), middle(42, 48), at(30), at(48), at(54)];
}
