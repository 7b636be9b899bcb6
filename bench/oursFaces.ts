import os from 'node:os';
import { parseArgs } from 'node:util';
import { selectEngine } from '../src/engine/selectEngine.js';
import { inputShapeOf, sizeOf } from '../src/graph/graph.js';
import { FACE_NETWORKS, faceWeightsIn, type FaceNetworkRole } from '../src/weights/faceWeights.js';
import { readFaceNetworks } from '../src/weights/faceNetwork.js';
import { randomPixels, report, time } from './support.js';

// A face network of the Open Model Zoo on the native engine, from bytes to what it gives.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      network: { type: 'string' },
      batch: { type: 'string', default: '1' },
      steps: { type: 'string', default: '50' },
      threads: { type: 'string', default: '0' },
    },
  });
  const [batch, threads] = [Number(values.batch), Number(values.threads)];
  const role = (Object.keys(FACE_NETWORKS) as FaceNetworkRole[]).find(
    (name) => FACE_NETWORKS[name] === values.network,
  )!;
  const { graph, parameters } = readFaceNetworks(faceWeightsIn(values.folder!))[role];
  const { engine } = await selectEngine({ engine: 'native', threads });
  const session = engine.createSession(graph, parameters);
  const images = randomPixels(batch * sizeOf(inputShapeOf(graph)));
  const labels = new Int32Array(batch);
  const seconds = await time(Number(values.steps), async () => {
    await session.evaluate({ images, labels }, { wants: ['embedding'] });
  });
  report(`face-trainer (${engine.name})`, batch, threads || os.availableParallelism(), seconds);
}

void main();
