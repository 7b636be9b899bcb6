import os from 'node:os';
import { selectEngine } from '../src/engine/selectEngine.js';
import { mobileNetV2 } from '../src/graph/mobileNetV2.js';
import { initialValues } from '../src/graph/networkState.js';
import { randomPixels, report, settings, time } from './support.js';

// One step of this project's engines: a training step from bytes to updated weights, or inference from bytes to logits, as
// the trainer runs it.

async function main(): Promise<void> {
  const { batch, size, classes, steps, engine: name, threads, inference } = settings();
  const { engine } = await selectEngine({ engine: name, threads });
  const graph = mobileNetV2({ size, classes });
  const session = engine.createSession(graph, initialValues(graph, 1));
  const images = randomPixels(batch * size * size * 3);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const seconds = await time(steps, async () => {
    if (inference) await session.evaluate({ images, labels });
    else await session.trainStep({ images, labels }, { learningRate: 2e-4, batchNormMomentum: 0.9 });
  });
  report(`face-trainer (${engine.name})`, batch, threads || os.availableParallelism(), seconds);
}

void main();
