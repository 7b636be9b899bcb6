import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import { NativeSession } from '../../../src/engine/native/nativeSession.js';
import { widthOf, type Graph } from '../../../src/graph/graph.js';
import { faceCases } from '../faceOperations.js';
import { addon, randomBatch } from './comparing.js';
import { plainEvaluate } from './plainNetwork.js';
import { randomFaceGraph, randomValues } from './randomGraph.js';

describe('the native engine on what face networks are made of', function () {
  this.timeout(300_000);

  for (const instructionSet of addon().instructionSets()) {
    it(`uses each operation as plain loops do, with ${instructionSet}`, async () => {
      for (const { name, graph, values, batch } of faceCases()) {
        const session = new NativeSession(addon(), graph, values, { threads: 2, instructionSet });
        const { outputs } = await session.evaluate(batch);
        const count = batch.labels.length;
        expectClose(outputs.scores!, plainEvaluate(graph, values, batch.images, count), name, graph);
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
  }
});

/** Float32 keeps 7 digits; a few layers take one of them. */
function expectClose(actual: Float32Array, expected: Float64Array, what: string, graph: Graph): void {
  assert.equal(actual.length, expected.length, what);
  const largest = Math.max(...expected.map(Math.abs));
  const nodes = graph.nodes.map(({ name, op, shape }) => `${name} ${op} ${shape.join('x')}`).join(', ');
  actual.forEach((value, i) => {
    const off = Math.abs(value - expected[i]!);
    assert.ok(off <= 2e-5 * largest + 1e-6, `${what}[${i}]: ${value} instead of ${expected[i]}; ${nodes}`);
  });
}
