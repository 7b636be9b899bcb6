import os from 'node:os';
import { selectEngine } from '../src/engine/selectEngine.js';
import { networkOf } from '../src/graph/network.js';
import { networkOptionsOf } from '../src/graph/networkOptions.js';
import { initialValues } from '../src/graph/networkState.js';
import { quantizersOf } from '../src/quantization/quantizers.js';
import { initialRanges, quantizeGraph } from '../src/quantization/quantizeGraph.js';
import { randomPixels, report, settings, time } from './support.js';

// One step of this project's engines: a training step from bytes to updated weights, or inference from bytes to logits, as
// the trainer runs it.

async function main(): Promise<void> {
  const { batch, size, classes, steps, engine: name, threads, inference, qat } = settings();
  const { engine } = await selectEngine({ engine: name, threads });
  const float = networkOf(networkOptionsOf({ size, width: 1, pooling: 'max' }), classes);
  const graph = qat ? quantizeGraph(float) : float;
  const session = engine.createSession(graph, new Map([...initialValues(float, 1), ...initialRanges(graph)]));
  const active = new Uint8Array(quantizersOf(graph).length).fill(1);
  const quantization = { active, rangeMomentum: 0.99 };
  const images = randomPixels(batch * size * size * 3);
  const labels = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const seconds = await time(steps, async () => {
    if (inference) await session.evaluate({ images, labels });
    else await session.trainStep({ images, labels }, { learningRate: 2e-4, batchNormMomentum: 0.9, quantization });
  });
  report(`face-trainer (${engine.name})`, batch, threads || os.availableParallelism(), seconds);
}

void main();
