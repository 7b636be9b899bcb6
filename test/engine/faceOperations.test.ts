import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../src/core/random.js';
import type { Batch, Engine } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import { inputOf, sizeOf, type Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import type { EngineName } from '../../src/protocol/engines.js';
import { faceCases } from './faceOperations.js';
import { plainEvaluate, plainStep } from './native/plainNetwork.js';
import { randomFaceGraph, randomValues } from './native/randomGraph.js';

const ENGINES: readonly EngineName[] = ['tensorflow', 'javascript'];
const SETTINGS = { learningRate: 1, batchNormMomentum: 0.9 };

type Values = ReadonlyMap<string, Float32Array>;

async function engineOf(name: EngineName): Promise<Engine> {
  return (await selectEngine({ engine: name, threads: name === 'native' ? 2 : 0 })).engine;
}

/** One step of SGD without momentum: the first velocity, at a rate of 1, is minus the gradient. */
async function step(engine: Engine, graph: Graph, values: Values, batch: Batch) {
  const session = engine.createSession(graph, values, { optimizer: { kind: 'sgd', momentum: 0 } });
  const { lossSum, outputs } = await session.trainStep(batch, SETTINGS);
  const { moments, parameters } = await session.readState();
  const gradients = new Map([...moments].map(([name, { first }]) => [name, first.map((v) => -v)]));
  const after = new Map(parameters);
  session.dispose();
  return { lossSum, logits: outputs.scores!, gradients, after };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot(...Array.from(b, (value, i) => a[i]! - value));
}

/** Float32 keeps 7 digits; sums over maps and batch norms over few values lose some of them. */
function near(a: ArrayLike<number>, b: ArrayLike<number>, relative: number, floor: number, what: string): void {
  assert.equal(a.length, b.length, what);
  const off = distance(a, b);
  const most = relative * Math.hypot(...Array.from(b)) + floor;
  assert.ok(off <= most, `${what}: off by ${off}, at most ${most}`);
}

for (const name of ENGINES)
  describe(`what face networks are made of, on ${name}`, function () {
    this.timeout(120_000);
    let engine: Engine;
    before(async () => {
      engine = await engineOf(name);
    });

    for (const { name: what, graph, values, batch, reference } of faceCases())
      it(`${what}: PyTorch's loss, scores and gradients`, async () => {
        const { lossSum, logits, gradients } = await step(engine, graph, values, batch);
        near([lossSum / batch.labels.length], [reference.loss], 1e-6, 0, 'loss');
        near(logits, reference.logits, 1e-5, 0, 'scores');
        assert.deepEqual([...gradients.keys()].sort(), Object.keys(reference.gradients).sort());
        for (const [parameter, gradient] of gradients)
          near(gradient, reference.gradients[parameter]!, 1e-5, 1e-6, parameter);
      });

    it('random networks of all of it: the plain loops, in use and in a step; no tensor is left', async () => {
      for (let seed = 0; seed < 40; seed++) {
        const random = Random.fromSeed(seed);
        const graph = randomFaceGraph(random);
        const values = randomValues(graph, random);
        const batch = randomBatch(graph, random);
        const before = tf.memory().numTensors;
        await againstPlain(engine, graph, values, batch, `seed ${seed}`);
        assert.equal(tf.memory().numTensors, before, `seed ${seed}`);
      }
    });

    it('gives a map, where that is what a network finds', async () => {
      const b = new GraphBuilder();
      const input = b.input(5, 4, 3);
      const found = b.concat('found', b.conv2d('where', input, 4, 3), b.conv2d('whether', input, 2, 3));
      const graph = b.build('detector', { embedding: found });
      const random = Random.fromSeed(2);
      const values = randomValues(graph, random);
      const { images, labels } = randomBatch(graph, random);
      const session = engine.createSession(graph, values);
      const { embedding } = (await session.evaluate({ images, labels }, { wants: ['embedding'] })).outputs;
      near(embedding!, plainEvaluate(graph, values, images, labels.length), 1e-5, 0, 'map');
    });

    it('leaves the slopes of a plain ReLU as they are', async () => {
      const b = new GraphBuilder();
      const embedding = b.globalAveragePool('pool', b.prelu('relu', b.input(3, 3, 2, 'floats'), false));
      const graph = b.build('relu', { embedding, scores: b.dense('scores', embedding, 2) });
      const random = Random.fromSeed(3);
      const values = randomValues(graph, random);
      const { after, gradients } = await step(engine, graph, values, randomBatch(graph, random));
      assert.deepEqual(after.get('relu/alpha'), new Float32Array(2));
      assert.deepEqual([...gradients.keys()], ['scores/kernel', 'scores/bias']);
    });
  });

async function againstPlain(engine: Engine, graph: Graph, values: Values, batch: Batch, what: string): Promise<void> {
  const { images, labels } = batch;
  const session = engine.createSession(graph, values);
  const output = graph.outputs.scores === undefined ? 'embedding' : 'scores';
  const { outputs } = await session.evaluate(batch, { wants: [output] });
  session.dispose();
  const nodes = graph.nodes.map(({ op, shape }) => `${op} ${shape.join('x')}`).join(', ');
  near(outputs[output]!, plainEvaluate(graph, values, images, labels.length), 1e-4, 1e-6, `${what}, in use; ${nodes}`);
  if (output === 'embedding') return;
  const plain = plainStep(graph, values, images, labels);
  const { lossSum, logits, gradients } = await step(engine, graph, values, batch);
  near(logits, plain.logits, 2e-4, 1e-5, `${what}, scores; ${nodes}`);
  near([lossSum], [plain.lossSum], 2e-4, 1e-6, `${what}, loss; ${nodes}`);
  const largest = Math.max(...[...plain.gradients.values()].map((gradient) => Math.hypot(...gradient)));
  for (const [name, gradient] of plain.gradients)
    near(gradients.get(name)!, gradient, 3e-4, 3e-4 * largest, `${what}, ${name}; ${nodes}`);
}

function randomBatch(graph: Graph, random: Random): Batch {
  const { shape, values } = inputOf(graph);
  const count = 2 + random.integer(3);
  const length = count * sizeOf(shape);
  const images =
    values === 'pixels'
      ? Uint8Array.from({ length }, () => random.integer(256))
      : Float32Array.from({ length }, () => random.between(-1, 1));
  return { images, labels: Int32Array.from({ length: count }, () => random.integer(2)) };
}
