import os from 'node:os';
import { parseArgs } from 'node:util';
import { selectEngine } from '../src/engine/selectEngine.js';
import { withCosineHead } from '../src/graph/cosineHead.js';
import { inputShapeOf, sizeOf } from '../src/graph/graph.js';
import { initialValues } from '../src/graph/networkState.js';
import { FACE_NETWORKS, faceWeightsIn, type FaceNetworkRole } from '../src/weights/faceWeights.js';
import { readFaceNetworks } from '../src/weights/faceNetwork.js';
import { randomPixels, report, time } from './support.js';

// A face network of the Open Model Zoo on the native engine, from bytes to what it gives; with --training a step of all of it, CosFace
// on vectors of as many people, from bytes to updated weights.

const PEOPLE = 158;
const SCALE = 32;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      network: { type: 'string' },
      batch: { type: 'string', default: '1' },
      steps: { type: 'string', default: '50' },
      threads: { type: 'string', default: '0' },
      training: { type: 'boolean', default: false },
    },
  });
  const [batch, threads] = [Number(values.batch), Number(values.threads)];
  const role = (Object.keys(FACE_NETWORKS) as FaceNetworkRole[]).find(
    (name) => FACE_NETWORKS[name] === values.network,
  )!;
  const { graph, parameters } = readFaceNetworks(faceWeightsIn(values.folder!))[role];
  const { engine } = await selectEngine({ engine: 'native', threads });
  const images = randomPixels(batch * sizeOf(inputShapeOf(graph)));
  const labels = Int32Array.from({ length: batch }, (_, i) => i % PEOPLE);
  const whole = withCosineHead(graph, PEOPLE);
  const session = values.training
    ? engine.createSession(whole, new Map([...initialValues(whole, 1), ...parameters]), {
        loss: { kind: 'cosface', scale: SCALE, margin: 0.4 },
      })
    : engine.createSession(graph, parameters);
  const seconds = await time(Number(values.steps), async () => {
    if (values.training) await session.trainStep({ images, labels }, { learningRate: 2e-4, batchNormMomentum: 0.9 });
    else await session.evaluate({ images, labels }, { wants: ['embedding'] });
  });
  report(`face-trainer (${engine.name})`, batch, threads || os.availableParallelism(), seconds);
}

void main();
