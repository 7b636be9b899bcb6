import assert from 'node:assert/strict';
import { planLifetimes } from '../../src/engine/lifetimes.js';
import { sizeOf } from '../../src/graph/graph.js';
import { inputsOf } from '../../src/graph/operations.js';
import { mobileNetV2 } from '../support/networks.js';

describe('planLifetimes', () => {
  const graph = mobileNetV2({ size: 64, people: 3 });

  it('frees everything once, and nothing before its last reader', () => {
    for (const backward of [true, false]) {
      const kept = ['predictions'];
      const { freeAfterForward, freeAfterLoss, freeAfterBackward } = planLifetimes(graph, kept, backward);
      const alive = new Set<string>();
      graph.nodes.forEach((node, i) => {
        for (const input of inputsOf(node)) assert.ok(alive.has(input), `${node.name} reads ${input} forward`);
        alive.add(node.name);
        for (const name of freeAfterForward[i]!) assert.ok(alive.delete(name), name);
      });
      if (!backward) {
        assert.deepEqual([...alive], ['predictions']);
        continue;
      }
      for (const name of freeAfterLoss) assert.ok(alive.delete(name), name);
      assert.ok(!alive.has('predictions'));
      for (let i = graph.nodes.length - 1; i >= 0; i--) {
        const node = graph.nodes[i]!;
        if (['conv2d', 'depthwiseConv2d', 'batchNorm', 'dense', 'globalMaxPool'].includes(node.op))
          assert.ok(alive.has(inputsOf(node)[0]!), `${node.name} reads its input backward`);
        if (node.op === 'relu6') assert.ok(alive.has(node.name), `${node.name} reads its output backward`);
        for (const name of freeAfterBackward[i]!) assert.ok(alive.delete(name), name);
      }
      assert.deepEqual([...alive], []);
    }
  });

  it('keeps no batch norm that a ReLU6 follows', () => {
    const { freeAfterForward } = planLifetimes(graph, ['predictions']);
    const relu = graph.nodes.findIndex(({ name }) => name === 'block_1_expand_relu');
    assert.deepEqual(freeAfterForward[relu], ['block_1_expand_BN']);
    const stored = graph.nodes.filter((_, i) => !freeAfterForward.flat().includes(graph.nodes[i]!.name));
    const values = (some: typeof stored) => some.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    assert.ok(values(stored) / values([...graph.nodes]) < 0.7, 'less than 70 % of all activations stay');
  });
});
