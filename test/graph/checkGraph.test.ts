import assert from 'node:assert/strict';
import { checkGraph } from '../../src/graph/checkGraph.js';
import type { Graph, Node } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';

describe('checkGraph', () => {
  const b = new GraphBuilder();
  const embedding = b.globalMaxPool('pool', b.conv2d('conv', b.input(4, 4, 3), 5, 3));
  const graph = b.build('small', { embedding, scores: b.dense('scores', embedding, 2) });
  const pool = graph.nodes.find(({ name }) => name === 'pool') as Extract<Node, { op: 'globalMaxPool' }>;

  it('takes what the builders make, with scores and without', () => {
    checkGraph(graph);
    checkGraph(mobileNetV2({ size: 32, people: 3, dropout: 0.2 }));
    checkGraph({ ...graph, nodes: graph.nodes.slice(0, -1), outputs: { embedding: 'pool' } });
    checkGraph({ ...graph, nodes: graph.nodes.slice(0, -2), outputs: { embedding: 'conv' } });
  });

  const [input, conv, , scores] = graph.nodes as [Node, Node, Node, Node];
  const wrong: [string, Partial<Graph>, RegExp][] = [
    ['a node before its input', { nodes: [input, pool, conv, scores] }, /pool reads conv, which does not stand before/],
    ['a node that reads itself', { nodes: [input, conv, { ...pool, input: 'pool' }, scores] }, /pool reads pool/],
    ['two nodes of one name', { nodes: [...graph.nodes, scores] }, /two nodes are named scores/],
    ['a dead end', { nodes: [...graph.nodes, { ...pool, name: 'idle' }] }, /nothing reads idle, and it is no output/],
    ['scores that nobody asked for', { outputs: { embedding: 'pool' } }, /nothing reads scores/],
    ['a parameter that does not exist', { parameters: graph.parameters.slice(0, -1) }, /scores has no parameter/],
    ['an output that does not exist', { outputs: { embedding: 'x', scores: 'scores' } }, /no embedding: x is no node/],
    ['a map as embedding beside scores', { outputs: { embedding: 'conv', scores: 'scores' } }, /conv is no vector/],
  ];
  for (const [what, change, message] of wrong)
    it(`refuses ${what}`, () =>
      assert.throws(() => checkGraph({ ...graph, ...change }), { name: 'RangeError', message }));
});
