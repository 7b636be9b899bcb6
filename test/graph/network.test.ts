import assert from 'node:assert/strict';
import fs from 'node:fs';
import { sizeOf } from '../../src/graph/graph.js';
import { inputsOf, parametersOf } from '../../src/graph/operations.js';
import { featuresOf } from '../../src/graph/network.js';
import { splitAt } from '../../src/graph/subgraph.js';
import { roundChannels } from '../../src/graph/mobileNetV2.js';
import { mobileNetV2 } from '../support/networks.js';
import { initialValues } from '../../src/graph/networkState.js';
import { readNpz } from '../../src/weights/npz.js';
import { sharedPaths, withShared } from '../support/shared.js';

describe('networkOf with MobileNetV2', () => {
  it('has the number of parameters that Keras counts (2,257,984 without the head at width 1; 706,224 at 0.5)', () => {
    for (const [width, expected] of [
      [1, 2_257_984],
      [0.5, 706_224],
    ] as const) {
      const { parameters } = mobileNetV2({ size: 128, people: 10, width });
      const body = parameters.filter(({ name }) => !name.startsWith('predictions/'));
      assert.equal(
        body.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
        expected,
      );
    }
  });

  it('stands in order: every input and parameter is there before it is used', () => {
    const graph = mobileNetV2({ size: 96, people: 7 });
    const parameters = new Set(graph.parameters.map(({ name }) => name));
    const seen = new Set<string>();
    for (const node of graph.nodes) {
      for (const input of inputsOf(node)) assert.ok(seen.has(input), `${node.name} reads ${input}`);
      for (const parameter of parametersOf(node)) assert.ok(parameters.has(parameter), parameter);
      seen.add(node.name);
    }
    assert.deepEqual(graph.nodes.at(-1)!.shape, [1, 1, 7]);
    assert.deepEqual(graph.nodes.find(({ name }) => name === 'out_relu')!.shape, [3, 3, 1280]);
  });

  it('names people by a layer above the dropout, or nobody at all', () => {
    const dropped = mobileNetV2({ size: 32, people: 4, dropout: 0.3 });
    assert.deepEqual(dropped.outputs, { embedding: 'global_max_pooling2d', scores: 'predictions' });
    assert.deepEqual(
      dropped.nodes.slice(-3).map(({ name }) => name),
      ['global_max_pooling2d', 'dropout', 'predictions'],
    );
    const nameless = mobileNetV2({ size: 32, people: 0, dropout: 0.3 });
    assert.deepEqual(nameless.outputs, { embedding: 'global_max_pooling2d' });
    assert.deepEqual(nameless.nodes, dropped.nodes.slice(0, -2));
  });

  it('makes an embedding of any length by a linear layer, above which and with which the last layers lie', () => {
    const plain = mobileNetV2({ size: 64, people: 4 });
    const graph = mobileNetV2({ size: 64, people: 4, embedding: 128 });
    assert.deepEqual(graph.outputs, { embedding: 'embedding_BN', scores: 'predictions' });
    assert.deepEqual(graph.nodes.slice(0, -3), plain.nodes.slice(0, -1));
    assert.deepEqual(graph.nodes.at(-2)!.shape, [1, 1, 128]);
    const added = graph.parameters.filter(({ name }) => name.startsWith('embedding'));
    // As Conv2D(128, 1, use_bias=False) and BatchNormalization count them.
    assert.equal(
      added.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      1280 * 128 + 4 * 128,
    );
    assert.deepEqual([plain, graph].map(featuresOf), ['global_max_pooling2d', 'global_max_pooling2d']);
    const { above } = splitAt(graph, featuresOf(graph));
    assert.deepEqual(
      above.nodes.map(({ name }) => name),
      ['global_max_pooling2d', 'embedding', 'embedding_BN', 'predictions'],
    );
  });

  it('rounds channels as the paper’s code does', () => {
    assert.deepEqual([32, 16, 24, 3, 33.6, 11.2, 8.4].map(roundChannels), [32, 16, 24, 8, 32, 16, 8]);
  });

  it('starts Glorot-uniform: within the limit, with the variance 2 / (fan in + fan out)', () => {
    const graph = mobileNetV2({ size: 96, people: 7 });
    const values = initialValues(graph, 1).get('Conv_1/kernel')!;
    const limit = Math.sqrt(6 / (320 + 1280));
    const variance = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    assert.ok(values.every((x) => Math.abs(x) <= limit));
    assert.ok(Math.abs(variance / (2 / 1600) - 1) < 0.01, `variance ${variance}`);
    assert.deepEqual(initialValues(graph, 1), initialValues(graph, 1));
  });

  withShared('names and shapes of the ImageNet weights', [sharedPaths.weights1, sharedPaths.weights05], () => {
    it('has exactly the names and shapes of Keras’ ImageNet weights', () => {
      for (const [file, width] of [
        [sharedPaths.weights1, 1],
        [sharedPaths.weights05, 0.5],
      ] as const) {
        const arrays = readNpz(fs.readFileSync(file));
        const body = mobileNetV2({ size: 128, people: 5, width }).parameters.filter(
          ({ name }) => !name.startsWith('predictions/'),
        );
        assert.deepEqual(new Set(body.map(({ name }) => name)), new Set(arrays.keys()));
        for (const { name, shape } of body) assert.deepEqual(arrays.get(name)!.shape, shape, name);
      }
    });
  });
});
