import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { normalizeRows } from '../../src/core/cosine.js';
import { checkGraph } from '../../src/graph/checkGraph.js';
import { COSINE_HEAD, fitColumns, imprintedHead, prototypesOf, withCosineHead } from '../../src/graph/cosineHead.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { splitAt } from '../../src/graph/subgraph.js';

function body() {
  const b = new GraphBuilder();
  return b.build('body', { embedding: b.globalAveragePool('pool', b.conv2d('conv', b.input(8, 8, 3), 5, 3, 2)) });
}

const length = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

describe('a cosine head', () => {
  it('stands on the unit vector of the embedding, which becomes the network’s', () => {
    const graph = withCosineHead(body(), 4);
    checkGraph(graph);
    assert.deepEqual(graph.outputs, { embedding: 'embedding_unit', scores: 'predictions' });
    const { above } = splitAt(graph, graph.outputs.embedding);
    assert.deepEqual(
      above.parameters.map(({ name, shape }) => [name, ...shape]),
      [
        [COSINE_HEAD.kernel, 5, 4],
        [COSINE_HEAD.bias, 4],
      ],
    );
    const b = new GraphBuilder();
    const map = b.build('map', { embedding: b.conv2d('conv', b.input(8, 8, 3), 5, 3, 2) });
    assert.throws(() => withCosineHead(map, 2), /a map, not a vector/);
  });

  it('is imprinted with the direction of each person’s mean, as long as the scale', () => {
    // Derived by hand: the mean of (1, 0) and (0, 1) points to (1, 1) / √2.
    const head = imprintedHead([[Float32Array.of(1, 0), Float32Array.of(0, 1)], [Float32Array.of(0, -1)]], 8);
    const kernel = head.get(COSINE_HEAD.kernel)!;
    const expected = [8 * Math.SQRT1_2, 0, 8 * Math.SQRT1_2, -8];
    kernel.forEach((v, i) => assert.ok(Math.abs(v - expected[i]!) < 1e-6, `${i}: ${v}`));
    assert.deepEqual([...head.get(COSINE_HEAD.bias)!], [0, 0]);
  });

  it('gives back the vectors that people are compared by', () => {
    const random = Random.fromSeed(3);
    const people = [0, 1, 2].map(() => [
      normalizeRows(
        Float32Array.from({ length: 6 }, () => random.between(-1, 1)),
        6,
      ),
    ]);
    const kernel = imprintedHead(people, 32).get(COSINE_HEAD.kernel)!;
    const rows = prototypesOf(kernel, 3);
    people.forEach(([vector], person) =>
      vector!.forEach((v, i) => assert.ok(Math.abs(rows[person * 6 + i]! - v) < 1e-6, `${person}, ${i}`)),
    );
  });

  it('has its columns brought to their length, each in its own direction', () => {
    const kernel = Float32Array.of(3, 1, 4, -2, 0, 2);
    const fitted = fitColumns(kernel, 2, 10);
    assert.ok(Math.abs(length([fitted[0]!, fitted[2]!, fitted[4]!]) - 10) < 1e-5);
    assert.ok(Math.abs(length([fitted[1]!, fitted[3]!, fitted[5]!]) - 10) < 1e-5);
    assert.deepEqual(
      [0, 2, 4].map((i) => Math.round(fitted[i]! * 1e4) / 1e4),
      [6, 8, 0],
    );
    assert.equal(kernel[0], 3, 'what was given is left alone');
  });
});
