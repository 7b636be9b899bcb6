import assert from 'node:assert/strict';
import { floatNetwork } from '../../src/export/floatNetwork.js';
import { GraphBuilder } from '../../src/graph/graphBuilder.js';
import { initialValues } from '../../src/graph/networkState.js';

describe('a network in float', () => {
  const convolved = () => {
    const b = new GraphBuilder();
    const conv = b.conv2d('conv', b.input(4, 4, 3), 4, 3);
    return { b, conv, relu: b.relu6('relu', conv) };
  };
  const converted = ({ b, end }: { b: GraphBuilder; end: Parameters<GraphBuilder['globalMaxPool']>[1] }) => {
    const graph = b.build('small', { embedding: b.globalMaxPool('pool', end) });
    return floatNetwork(graph, initialValues(graph, 1));
  };

  it('has an activation at the end of the operation before it', () => {
    const { b, relu } = convolved();
    const { operations, tensors, outputs } = converted({ b, end: relu });
    assert.deepEqual(
      operations.map(({ op, name, ...more }) => [op, name, 'relu6' in more && more.relu6]),
      [
        ['conv2d', 'conv', true],
        ['globalMaxPool', 'pool', false],
      ],
    );
    assert.deepEqual([tensors.map(({ name }) => name), outputs.embedding], [['input', 'relu', 'pool'], 2]);
  });

  it('is refused where something else reads what an activation was made of: no runtime keeps both', () => {
    const { b, conv, relu } = convolved();
    const end = b.add('sum', relu, conv);
    assert.throws(() => converted({ b, end }), { name: 'RangeError', message: /^conv cannot be exported/ });
    const early = convolved();
    const graph = early.b.build('small', {
      embedding: early.conv,
      scores: early.b.dense('d', early.b.globalMaxPool('p', early.relu), 2),
    });
    assert.throws(() => floatNetwork(graph, initialValues(graph, 1)), /conv cannot be exported/);
  });
});
