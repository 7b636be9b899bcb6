import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { nets } from '@vladmandic/face-api/dist/face-api.node-wasm.js';
import { TinyFaceFinder } from '../../faces/tinyFaceFinder.js';
import { DLIB_LENGTH, DLIB_SIZE, type DlibAnswer, type DlibWish } from './dlibMessages.js';

// A thread that finds faces and turns them into vectors with the networks inside face-api, in WebAssembly on one core. TensorFlow.js
// has one state for a thread: this one is apart from an engine's.

const port = parentPort!;
const { folder } = workerData as { readonly folder: string };
const loaded = (async () => {
  const finder = await TinyFaceFinder.load(path.resolve(folder));
  await nets.faceRecognitionNet.loadFromDisk(folder);
  return finder;
})();

/** face-api declares pictures of a browser, or a tensor of a copy of TensorFlow.js of its own. */
const describe: (face: never) => Promise<Float32Array | Float32Array[]> = (face) =>
  nets.faceRecognitionNet.computeFaceDescriptor(face);

async function answer(wish: DlibWish): Promise<DlibAnswer> {
  const finder = await loaded;
  if (wish.kind === 'find') return { kind: 'found', faces: await finder.find(wish.pixels, wish.width, wish.height) };
  const rows = new Float32Array(wish.count * DLIB_LENGTH);
  const bytes = DLIB_SIZE * DLIB_SIZE * 3;
  for (let i = 0; i < wish.count; i++) {
    const crop = tf.tensor3d(wish.crops.subarray(i * bytes, (i + 1) * bytes), [DLIB_SIZE, DLIB_SIZE, 3], 'int32');
    const row = await describe(crop as never);
    crop.dispose();
    rows.set(Array.isArray(row) ? row[0]! : row, i * DLIB_LENGTH);
  }
  return { kind: 'embedded', rows };
}

port.on('message', (wish: DlibWish) => {
  answer(wish).then(
    (result) => port.postMessage(result),
    // Thrown on purpose: an unforeseen error ends the thread and, with it, the job.
    (error: unknown) =>
      setImmediate(() => {
        throw error;
      }),
  );
});
