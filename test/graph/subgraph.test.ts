import assert from 'node:assert/strict';
import { checkGraph } from '../../src/graph/checkGraph.js';
import type { Graph } from '../../src/graph/graph.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { mobileNetV2 } from '../support/networks.js';
import { splitAt, subgraph } from '../../src/graph/subgraph.js';

const names = (graph: Graph) => graph.nodes.map(({ name }) => name);
const network = mobileNetV2({ size: 32, people: 3, width: 0.1, dropout: 0.2 });

/** Two dense layers above the pooling, of which the upper one gives the embedding. */
function deepHead(): Graph {
  const b = new GraphBuilder();
  const pool = b.globalMaxPool('pool', b.conv2d('conv', b.input(4, 4, 3), 5, 3));
  const embedding = b.batchNorm('norm', b.dense('embedding', pool, 4));
  return b.build('deep', { embedding, scores: b.dense('scores', b.dropout('dropout', embedding, 0.3), 2) });
}

describe('subgraph', () => {
  it('is what leads to a node, with its parameters, in their order', () => {
    const part = subgraph(network, network.outputs.embedding);
    checkGraph(part);
    // Without dropout and dense layer.
    assert.deepEqual(names(part), names(network).slice(0, -2));
    assert.deepEqual(part.parameters, network.parameters.slice(0, -2));
    assert.deepEqual(part.outputs, { embedding: network.outputs.embedding });
    assert.equal(part.name, `${network.name} embedding`);
  });

  it('leaves out a branch that leads elsewhere', () => {
    const b = new GraphBuilder();
    const x = b.conv2d('shared', b.input(4, 4, 3), 5, 3);
    const other = b.globalMaxPool('other', b.conv2d('branch', x, 2, 1));
    const embedding = b.globalAveragePool('pool', x);
    const graph = b.build('branched', { embedding, scores: other });
    assert.deepEqual(names(subgraph(graph, 'pool')), ['input', 'shared', 'pool']);
    assert.throws(() => subgraph(graph, 'nobody'), /branched has no node nobody/);
  });
});

describe('splitAt', () => {
  it('cuts a network at its embedding: the dropout above keeps the index 1 that its mask depends on', () => {
    const { below, above } = splitAt(network, network.outputs.embedding);
    checkGraph(below);
    checkGraph(above);
    assert.deepEqual(below, subgraph(network, network.outputs.embedding));
    assert.deepEqual(names(above), [network.outputs.embedding, 'dropout', 'predictions']);
    assert.equal(above.nodes[1]!.op, 'dropout');
    assert.deepEqual(above.nodes[0], {
      op: 'input',
      name: below.outputs.embedding,
      values: 'floats',
      shape: [1, 1, 1280],
    });
    assert.deepEqual([...below.parameters, ...above.parameters], network.parameters);
    assert.deepEqual(above.outputs, network.outputs);
  });

  it('cuts below the embedding as well: it then lies above', () => {
    const { below, above } = splitAt(deepHead(), 'pool');
    checkGraph(above);
    assert.deepEqual(names(below), ['input', 'conv', 'pool']);
    assert.deepEqual(names(above), ['pool', 'embedding', 'norm', 'dropout', 'scores']);
    assert.deepEqual(above.outputs, { embedding: 'norm', scores: 'scores' });
  });

  it('refuses where no vector is, where something reads past the node, and above the embedding', () => {
    assert.throws(() => splitAt(network, 'Conv1'), /Conv1: it is no vector/);
    assert.throws(() => splitAt(network, 'dropout'), /dropout: the embedding lies below/);
    const b = new GraphBuilder();
    const pool = b.globalMaxPool('pool', b.conv2d('conv', b.input(4, 4, 3), 5, 3));
    const embedding = b.add('sum', b.batchNorm('norm', pool), pool);
    const graph = b.build('skipping', { embedding });
    assert.throws(() => splitAt(graph, 'norm'), /sum reads what lies below/);
  });
});
