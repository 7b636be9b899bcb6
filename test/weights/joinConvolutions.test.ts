import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder, type Value } from '../../src/graph/graphBuilder.js';
import { joinConvolutions } from '../../src/weights/openVino/joinConvolutions.js';
import { plainEvaluate } from '../engine/native/plainNetwork.js';
import { randomValues } from '../engine/native/randomGraph.js';

const SAME = { bias: true, padding: { top: 1, bottom: 1, left: 1, right: 1 } };

function endingIn(other: (b: GraphBuilder, x: Value, y: Value) => Value): Graph {
  const b = new GraphBuilder();
  const x = b.conv2d('before', b.input(5, 4, 3), 7, 3);
  const y = b.conv2d('one', x, 4, 3, 1, SAME);
  return b.build('detector', { embedding: b.concat('both', y, other(b, x, y)) });
}

describe('joinConvolutions', () => {
  it('makes one of two that stand side by side, which computes the same', () => {
    const graph = endingIn((b, x) => b.conv2d('other', x, 2, 3, 1, SAME));
    const parameters = randomValues(graph, Random.fromSeed(3));
    const joined = joinConvolutions({ graph, parameters });
    assert.deepEqual(
      joined.graph.nodes.map(({ name, op, shape }) => `${name} ${op} ${shape.join('x')}`),
      ['input input 5x4x3', 'before conv2d 5x4x7', 'both conv2d 5x4x6'],
    );
    assert.deepEqual([...joined.parameters.keys()].sort(), joined.graph.parameters.map(({ name }) => name).sort());
    const pixels = Uint8Array.from({ length: 60 }, (_, i) => (i * 37) & 255);
    const values = (of: Graph, weights: ReadonlyMap<string, Float32Array>) => [
      ...plainEvaluate(of, weights, pixels, 1),
    ];
    assert.deepEqual(values(joined.graph, joined.parameters), values(graph, parameters));
  });

  it('leaves others as they are', () => {
    for (const other of [
      (b: GraphBuilder, x: Value) => b.conv2d('other', x, 2, 1, 1, { bias: true }),
      (b: GraphBuilder, x: Value) => b.conv2d('other', x, 2, 3, 1, { padding: SAME.padding }),
      (b: GraphBuilder, _: Value, y: Value) => b.prelu('other', y),
      (b: GraphBuilder, _: Value, y: Value) => b.conv2d('other', y, 4, 3, 1, SAME),
      (_: GraphBuilder, __: Value, y: Value) => y,
    ]) {
      const graph = endingIn(other);
      const parameters = randomValues(graph, Random.fromSeed(3));
      assert.deepEqual(joinConvolutions({ graph, parameters }), { graph, parameters });
    }
  });
});
