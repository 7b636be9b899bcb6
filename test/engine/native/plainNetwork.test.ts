import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random.js';
import { sizeOf, type Graph } from '../../../src/graph/graph.js';
import { GraphBuilder } from '../../../src/graph/graphBuilder.js';
import { faceCases } from '../faceOperations.js';
import { plainEvaluate, plainLinear, plainStep } from './plainNetwork.js';
import { randomFaceGraph, randomGraph, randomValues } from './randomGraph.js';

describe('the plain loops', () => {
  for (const { name, graph, values, batch, reference } of faceCases())
    it(`${name}: PyTorch's scores, loss and gradients, both in float64`, () => {
      const { lossSum, logits, gradients } = plainStep(graph, values, batch.images, batch.labels);
      close(logits, reference.logits, 'scores');
      close([lossSum / batch.labels.length], [reference.loss], 'loss');
      assert.deepEqual([...gradients.keys()].sort(), Object.keys(reference.gradients).sort());
      for (const [parameter, gradient] of gradients) close(gradient, reference.gradients[parameter]!, parameter);
    });

  it('have the slope of the loss as gradient, on random networks of every operation', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = Random.fromSeed(seed);
      const graph = seed % 2 ? randomFaceGraph(random) : randomGraph(random);
      slopes(graph, random, `seed ${seed}`);
    }
  });

  it('read pixels as the input says', () => {
    const b = new GraphBuilder();
    const scaling = { scale: [0.5, 2, -1], shift: [3, 0, 255] } as const;
    const embedding = b.globalAveragePool('pool', b.input(1, 2, 3, 'pixels', scaling));
    const graph = b.build('scaled', { embedding });
    assert.deepEqual([...plainEvaluate(graph, new Map(), Uint8Array.of(4, 5, 6, 8, 7, 0), 1)], [6, 12, 252]);
  });
});

/** Of a sum of all values of all outputs, each times a factor of its own, along a random direction of all parameters. */
function slopes(graph: Graph, random: Random, what: string): void {
  const count = 2;
  const start = randomValues(graph, random);
  const images = Float64Array.from({ length: count * sizeOf(graph.nodes[0]!.shape) }, () => random.between(-1, 1));
  const ends = new Map(
    [...new Set(Object.values(graph.outputs))].map((name) => {
      const { shape } = graph.nodes.find((node) => node.name === name)!;
      return [name, Float64Array.from({ length: count * sizeOf(shape) }, () => random.between(-1, 1))];
    }),
  );
  const { gradients } = plainLinear(graph, start, images, count, ends);
  const direction = new Map([...gradients].map(([name, { length }]) => [name, randomly(length, random)]));
  const lossAt = (step: number) => {
    const moved = [...start].map(([name, values]): [string, Float64Array] => {
      const along = direction.get(name);
      return [name, Float64Array.from(values, (v, i) => v + (along ? step * along[i]! : 0))];
    });
    return plainLinear(graph, new Map(moved), images, count, ends).loss;
  };
  let slope = 0;
  for (const [name, gradient] of gradients) gradient.forEach((g, i) => (slope += g * direction.get(name)![i]!));
  const step = 1e-6;
  const found = (lossAt(step) - lossAt(-step)) / (2 * step);
  const nodes = graph.nodes.map(({ op }) => op).join();
  // A third derivative of the order of the slope leaves 1e-12 of it, rounding 1e-16 / 1e-6 of the loss.
  assert.ok(Math.abs(found - slope) < 1e-6 * (1 + Math.abs(slope)), `${what}: ${found} against ${slope}; ${nodes}`);
}

function randomly(length: number, random: Random): Float64Array {
  return Float64Array.from({ length }, () => random.between(-1, 1));
}

/** Float64 in another order: 1e-12 of the largest. */
function close(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const largest = Math.max(...Array.from(expected, Math.abs), 1e-3);
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs(actual[i]! - expected[i]!) < 1e-12 * largest, `${what}[${i}]: ${actual[i]}, ${expected[i]}`);
}
