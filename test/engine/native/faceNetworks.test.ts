import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import { NativeSession } from '../../../src/engine/native/nativeSession.js';
import { widthOf, type Graph } from '../../../src/graph/graph.js';
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
});

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
