import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { hasKernel, inputsOf, normOf, parametersOf, rewired, strideOf } from '../../src/graph/operations.js';
import { quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { randomFaceGraph, randomGraph, randomQuantizable } from '../engine/native/randomGraph.js';

describe('the table of operations', () => {
  const graphs = Array.from({ length: 40 }, (_, seed) => seed).flatMap((seed): [number, Graph][] => [
    [seed, randomGraph(Random.fromSeed(seed))],
    [seed, randomFaceGraph(Random.fromSeed(seed))],
    [seed, quantizeGraph(randomQuantizable(Random.fromSeed(seed)))],
  ]);

  it('tells every node and every parameter that a node names', () => {
    const seen = new Set<string>();
    for (const [seed, graph] of graphs) {
      const nodes = new Set(graph.nodes.map(({ name }) => name));
      const parameters = new Set(graph.parameters.map(({ name }) => name));
      for (const node of graph.nodes) {
        seen.add(node.op);
        const { norm, ...rest } = { norm: hasKernel(node) ? normOf(node) : undefined, ...node };
        const named = [...Object.entries(rest), ...Object.entries(norm ?? {})]
          .filter(([field]) => field !== 'name' && field !== 'op')
          .map(([, value]) => String(value));
        const context = `seed ${seed}, ${node.name} (${node.op})`;
        assert.deepEqual([...inputsOf(node)].sort(), named.filter((name) => nodes.has(name)).sort(), context);
        assert.deepEqual([...parametersOf(node)].sort(), named.filter((name) => parameters.has(name)).sort(), context);
      }
    }
    assert.equal(seen.size, 17, `only ${[...seen].join(', ')}`);
  });

  it('puts a node on other inputs and changes nothing else of it', () => {
    for (const [seed, graph] of graphs)
      for (const node of graph.nodes) {
        const moved = rewired(node, (name) => `${name}'`);
        const context = `seed ${seed}, ${node.name} (${node.op})`;
        assert.deepEqual(
          inputsOf(moved),
          inputsOf(node).map((name) => `${name}'`),
          context,
        );
        assert.deepEqual(
          rewired(moved, (name) => name.slice(0, -1)),
          node,
          context,
        );
      }
  });

  it('knows the stride of every layer', () => {
    const b = new GraphBuilder();
    const conv = b.conv2d('conv', b.input(8, 8, 3), 4, 3, 2);
    const pooled = b.globalMaxPool('pool', b.depthwiseConv2d('depthwise', conv, 3, 3));
    const { nodes } = b.build('strides', { embedding: pooled, scores: b.dense('scores', pooled, 2) });
    assert.deepEqual(nodes.filter(hasKernel).map(strideOf), [2, 3, 1]);
  });
});
