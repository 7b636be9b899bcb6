import { selectEngine } from '../src/engine/selectEngine.js';
import { mobileNetV2 } from '../src/graph/mobileNetV2.js';
import { initialValues } from '../src/graph/networkState.js';
import { randomPixels, report, settings, time } from './support.js';

// One training step of this project's engine: pixels in bytes to updated weights, as the trainer runs it.

async function main(): Promise<void> {
  const { batch, size, classes, steps } = settings();
  const { engine } = await selectEngine({ engine: 'tensorflow', threads: 0 });
  const graph = mobileNetV2({ size, classes });
  const session = engine.createSession(graph, initialValues(graph, 1));
  const images = randomPixels(batch * size * size * 3);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const seconds = await time(steps, async () => {
    await session.trainStep({ images, labels }, { learningRate: 2e-4, batchNormMomentum: 0.9 });
  });
  report(`face-trainer (${engine.name})`, batch, seconds);
}

void main();
