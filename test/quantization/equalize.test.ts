import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import type { Batch } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { networkOf } from '../../src/graph/network.js';
import { networkOptionsOf } from '../../src/graph/networkOptions.js';
import { hasKernel, normOf } from '../../src/graph/operations.js';
import { channelFactors, equalizedChannels } from '../../src/quantization/equalize.js';
import { integerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { runIntegers } from '../../src/quantization/interpreter/interpreter.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { quantizersOf } from '../../src/quantization/quantizers.js';
import { equalizeSession } from '../../src/training/quantization/equalizeSession.js';
import { quantizeAfterTraining } from '../../src/training/quantization/postTraining.js';
import { layerSensitivity } from '../../src/training/quantization/sensitivity.js';
import { readFaceNetwork } from '../../src/weights/faceNetwork.js';
import { findFaceWeights } from '../../src/weights/faceWeights.js';
import { randomBatch } from '../engine/native/comparing.js';
import { randomQuantizableFace, randomValues } from '../engine/native/randomGraph.js';
import { realFaces } from '../support/realFaces.js';
import { sharedPaths, withShared } from '../support/shared.js';

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
}

const once = (batch: Batch) =>
  async function* () {
    yield await Promise.resolve(batch);
  };

describe('equalized channels', function () {
  this.timeout(120_000);

  it('are brought to one share of the range by factors whose mean is 1, dead ones left alone', () => {
    const factors = channelFactors(Float64Array.of(1, 4, 0, 2), Float64Array.of(1, 1, 0, 8));
    // Shares 1/4, 1, none, 1: of the mean 4^(-1/3).
    const mean = 4 ** (-1 / 3);
    assert.deepEqual(
      [...factors].map((x) => x.toFixed(9)),
      [0.25 / mean, 1 / mean, 1, 1 / mean].map((x) => x.toFixed(9)),
    );
  });

  it('change nothing that a network computes, sixty random ones with batch norms, biases and layers that share one', async () => {
    const random = Random.fromSeed(404);
    const { engine } = await selectEngine({ engine: 'native', threads: 2 });
    let equalized = 0;
    for (let round = 0; round < 60; round++) {
      const float = randomQuantizableFace(random);
      const graph = quantizeGraph(float);
      const batch = randomBatch(float, random, 3);
      const values = new Map([...randomValues(float, random), ...initialRanges(graph)]);
      const session = engine.createSession(graph, values);
      const before = (await session.evaluate(batch)).outputs.scores!.slice();
      await equalizeSession(graph, session, once(batch));
      const after = (await session.evaluate(batch)).outputs.scores!;
      const off = Math.hypot(...before.map((x, i) => x - after[i]!));
      assert.ok(off <= 1e-4 * Math.hypot(...before) + 1e-5, `round ${round}: ${off}`);
      const { parameters } = await session.readState();
      for (const { before: layer } of equalizedChannels(graph)) {
        equalized++;
        const name = normOf(layer)?.gamma ?? layer.kernel;
        if (layer.shape[2] > 1) assert.notDeepEqual(parameters.get(name), values.get(name), `round ${round}, ${name}`);
      }
      session.dispose();
    }
    assert.ok(equalized > 30, `${equalized}`);
  });

  it('are those of every PReLU of MobileFaceNet', () => {
    const options = { backbone: 'mobileFaceNet', size: 48, width: 0.5, pooling: 'max', embedding: 64 } as const;
    const graph = quantizeGraph(networkOf(networkOptionsOf(options), 0));
    const prelus = graph.nodes.filter(({ op }) => op === 'prelu');
    assert.equal(equalizedChannels(graph).length, prelus.length);
  });
});

const WHAT = 'the face network in int8';
withShared(WHAT, [sharedPaths.faceWeights, sharedPaths.wild], () => {
  describe(WHAT, function () {
    this.timeout(300_000);

    it('keeps the direction of its embeddings without training, and native computes them as the interpreter does', async () => {
      const { graph: float, parameters } = readFaceNetwork(findFaceWeights(sharedPaths.faceWeights)!);
      const { engine } = await selectEngine({ engine: 'native', threads: 2 });
      const faces = await realFaces(48, 128);
      const bytes = 128 * 128 * 3;
      const batchOf = (first: number, count: number): Batch => ({
        images: faces.slice(first * bytes, (first + count) * bytes),
        labels: new Int32Array(count),
      });
      const network = await quantizeAfterTraining(engine, float, parameters, once(batchOf(0, 32)));
      const [a, b] = [engine.createSession(float, parameters), engine.createSession(network.graph, network.parameters)];
      const active = new Uint8Array(quantizersOf(network.graph).length).fill(1);
      const test = batchOf(32, 16);
      const exact = (await a.evaluate(test, { wants: ['embedding'] })).outputs.embedding!;
      const rounded = (await b.evaluate(test, { wants: ['embedding'], quantization: { active } })).outputs.embedding!;
      const cosines = Array.from({ length: 16 }, (_, i) =>
        cosine(exact.subarray(i * 256, i * 256 + 256), rounded.subarray(i * 256, i * 256 + 256)),
      ).sort((x, y) => x - y);
      // 0.78 with ranges by a moving average and channels as they are.
      assert.ok(cosines[8]! > 0.98, `median ${cosines[8]}`);
      const integers = integerNetwork(network.graph, network.parameters);
      const { scale, zeroPoint } = integers.tensors[integers.outputs.embedding!]!;
      const expected = runIntegers(integers, (test.images as Uint8Array).slice(0, 2 * bytes));
      expected.forEach((q, i) => assert.equal(Math.round(rounded[i]! / scale) + zeroPoint, q, `${i}`));
      // A network that names nobody tells what a layer costs by the direction of its embeddings.
      const few = batchOf(32, 2);
      const { layers } = await layerSensitivity(network.graph, b, [few], () => Promise.resolve());
      const layered = network.graph.nodes.filter(hasKernel);
      assert.equal(layers.length, layered.length);
      assert.ok(layers.every(({ lossIncrease }) => lossIncrease > -1e-6 && lossIncrease < 0.02));
      assert.ok(layers.some(({ lossIncrease }) => lossIncrease > 1e-5));
      for (const session of [a, b]) session.dispose();
    });
  });
});
