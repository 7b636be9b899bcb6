import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import { NativeSession } from '../../../src/engine/native/nativeSession.js';
import { planInference } from '../../../src/engine/native/inferencePlan.js';
import { NumberedGraph } from '../../../src/engine/native/numberedGraph.js';
import { widthOf, type Graph } from '../../../src/graph/graph.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { initialValues } from '../../../src/graph/networkState.js';
import { faceCases } from '../faceOperations.js';
import { addon, compareWithPlain, randomBatch } from './comparing.js';
import { plainEvaluate } from './plainNetwork.js';
import { randomFaceGraph, randomValues } from './randomGraph.js';

const SETTINGS = { learningRate: 0.01, batchNormMomentum: 0.9 };

describe('the native engine on what face networks are made of', function () {
  this.timeout(300_000);

  for (const instructionSet of addon().instructionSets()) {
    it(`has PyTorch’s scores, loss and gradients of each operation, with ${instructionSet}`, async () => {
      for (const { name, graph, values, batch, reference } of faceCases()) {
        const session = new NativeSession(addon(), graph, values, { threads: 2, instructionSet });
        const inUse = await session.evaluate(batch);
        expectClose(inUse.outputs.scores!, reference.logits, name, graph);
        const { lossSum, outputs } = await session.trainStep(batch, SETTINGS);
        expectClose(outputs.scores!, reference.logits, name, graph);
        expectClose([lossSum / batch.labels.length], [reference.loss], `${name}: loss`, graph);
        for (const [parameter, gradient] of session.gradients)
          expectClose(gradient, reference.gradients[parameter]!, `${name}: ${parameter}`, graph);
        session.dispose();
      }
    });

    it(`uses two hundred random networks as plain loops do, with ${instructionSet}`, async () => {
      for (let seed = 0; seed < 200; seed++) {
        const random = Random.fromSeed(seed);
        const graph = randomFaceGraph(random);
        const values = randomValues(graph, random);
        const count = 1 + random.integer(4);
        const batch = randomBatch(graph, random, count);
        const output = graph.outputs.scores === undefined ? 'embedding' : 'scores';
        const session = new NativeSession(addon(), graph, values, { threads: 1 + (seed % 3), instructionSet });
        const { outputs } = await session.evaluate(batch, { wants: [output] });
        const expected = plainEvaluate(graph, values, batch.images, count);
        assert.equal(expected.length, count * widthOf(graph, output));
        expectClose(outputs[output]!, expected, `seed ${seed}`, graph);
        session.dispose();
      }
    });

    it(`trains two hundred random networks as plain loops do, with ${instructionSet}`, async () => {
      let trained = 0;
      for (let seed = 0; trained < 200; seed++) {
        const random = Random.fromSeed(seed);
        const graph = randomFaceGraph(random);
        if (graph.outputs.scores === undefined) continue;
        trained++;
        const values = randomValues(graph, random);
        const batch = randomBatch(graph, random, 2 + random.integer(4));
        await compareWithPlain(`seed ${seed}`, graph, values, batch, instructionSet, 1 + (seed % 3));
      }
    });
  }

  it('gives the same bits at any number of threads, trained and in use', async () => {
    const results = [];
    for (const threads of [1, 2, 3]) {
      const session = new NativeSession(addon(), excited(), initialValues(excited(), 4), { threads });
      const batch = randomBatch(excited(), Random.fromSeed(5), 5);
      const { outputs } = await session.trainStep(batch, SETTINGS);
      results.push({ outputs, gradients: session.gradients, inUse: (await session.evaluate(batch)).outputs });
      session.dispose();
    }
    for (const other of results.slice(1)) assert.deepEqual(other, results[0]);
  });

  it('names a slope or a bias that is not finite', async () => {
    for (const name of ['rectified/alpha', 'conv/bias', 'excite/bias']) {
      const values = initialValues(excited(), 4);
      values.get(name)![3] = NaN;
      const session = new NativeSession(addon(), excited(), values, { threads: 2 });
      const batch = randomBatch(excited(), Random.fromSeed(5), 2);
      const message = new RegExp(`the parameter ${name}`);
      await assert.rejects(session.trainStep(batch, SETTINGS), { code: 'not-finite', message });
      await assert.rejects(session.evaluate(batch), { code: 'not-finite', message });
      session.dispose();
    }
  });

  it('leaves the slopes of a plain ReLU alone', async () => {
    const b = new GraphBuilder();
    const embedding = b.globalAveragePool('pool', b.prelu('relu', b.conv2d('conv', b.input(6, 6, 3), 5, 3), false));
    const graph = b.build('relu', { embedding, scores: b.dense('scores', embedding, 3) });
    const session = new NativeSession(addon(), graph, initialValues(graph, 4), { threads: 2 });
    await session.trainStep(randomBatch(graph, Random.fromSeed(5), 4), SETTINGS);
    assert.deepEqual((await session.readState()).parameters.get('relu/alpha'), new Float32Array(5));
    session.dispose();
  });

  it('writes outputs side by side without a copy where both come from convolutions', () => {
    const ops = (filters: number) => {
      const b = new GraphBuilder();
      const x = b.conv2d('before', b.input(6, 6, 3), 8, 3);
      const one = b.prelu('slope', b.conv2d('one', x, filters, 3, 1, { bias: true }));
      const both = b.concat('both', one, b.conv2d('other', x, 5, 1, 1, { bias: true }));
      return planInference(new NumberedGraph(b.build('side by side', { embedding: both })), 1).forward.map(
        ({ op }) => op,
      );
    };
    assert.deepEqual(ops(32), ['conv', 'conv', 'conv']);
    // A part that ends amid a vector would be written over by the next.
    assert.deepEqual(ops(17), ['conv', 'conv', 'conv', 'concat']);
  });
});

/** A block of a face network. */
function excited(): Graph {
  const b = new GraphBuilder();
  const padding = { top: 1, bottom: 1, left: 1, right: 1 };
  const scaling = { scale: [0.01, 0.02, 0.01], shift: [-1, -2, -1] } as const;
  const conv = b.conv2d('conv', b.input(12, 12, 3, 'pixels', scaling), 24, 3, 2, { bias: true, padding });
  const x = b.prelu('rectified', conv);
  const y = b.depthwiseConv2d('depthwise', x, 3, 1, { bias: true, padding });
  const factors = b.sigmoid('factors', b.dense('excite', b.globalAveragePool('mean', y), 24));
  const sum = b.add('sum', x, b.multiply('scaled', y, factors));
  const pooled = b.maxPool('windows', sum, 3, 2, { top: 0, bottom: 1, left: 0, right: 1 });
  const embedding = b.l2Normalize('unit', b.globalAveragePool('pool', pooled));
  return b.build('excited', { embedding, scores: b.dense('scores', embedding, 4) });
}

/** Float32 keeps 7 digits; a few layers take one of them. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, graph: Graph): void {
  assert.equal(actual.length, expected.length, what);
  const largest = Math.max(...Array.from(expected, Math.abs));
  const nodes = graph.nodes.map(({ name, op, shape }) => `${name} ${op} ${shape.join('x')}`).join(', ');
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i]! - expected[i]!);
    assert.ok(off <= 2e-5 * largest + 1e-6, `${what}[${i}]: ${actual[i]} instead of ${expected[i]}; ${nodes}`);
  }
}
