import { createHash } from 'node:crypto';
import type { Graph, Node } from '../../graph/graph.js';
import type { ParameterValues } from '../../graph/networkState.js';

/** A layer as Keras 2 describes it in JSON, which TensorFlow.js reads. */
interface LayerJson {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly unknown[];
}

export interface LayersModelFiles {
  /** model.json */
  readonly topology: string;
  readonly weights: { readonly name: string; readonly bytes: Uint8Array };
}

/**
 * A network as a LayersModel of TensorFlow.js: layer by layer as it was trained, so that it can be trained on. Input
 * [N, H, W, 3] of x / 127.5 − 1; a dense layer that gives the scores has a softmax, as Keras' applications have it.
 *
 * @param momentum of the batch norms, for who trains on
 * @param metadata goes into the file as it is
 * @throws RangeError for a quantized graph, or one with values that are not finite
 */
export function layersModel(
  graph: Graph,
  parameters: ParameterValues,
  momentum: number,
  metadata: object,
): LayersModelFiles {
  const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
  const layers = graph.nodes.map((node) => layerOf(node, node.name === graph.outputs.scores, momentum, shapes));
  const specs = graph.parameters.map(({ name, shape }) => ({ name, shape, dtype: 'float32' as const }));
  const values = specs.map(({ name }) => {
    const found = parameters.get(name)!;
    if (!found.every(Number.isFinite))
      throw new RangeError(`not a LayersModel: ${name} holds numbers that are not finite`);
    return Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  });
  const bytes = Buffer.concat(values);
  // Named by its content: a topology never meets the weights of another export.
  const name = `weights-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`;
  const topology = {
    format: 'layers-model',
    generatedBy: 'Face Trainer',
    convertedBy: null,
    modelTopology: {
      class_name: 'Functional',
      config: {
        name: graph.name,
        layers,
        input_layers: [[graph.nodes[0]!.name, 0, 0]],
        output_layers: [[graph.outputs.scores ?? graph.outputs.embedding, 0, 0]],
      },
      keras_version: '2.15.0',
      backend: 'tensorflow',
    },
    weightsManifest: [{ paths: [name], weights: specs }],
    userDefinedMetadata: metadata,
  };
  return { topology: `${JSON.stringify(topology)}\n`, weights: { name, bytes } };
}

function layerOf(
  node: Node,
  scores: boolean,
  momentum: number,
  shapes: ReadonlyMap<string, readonly number[]>,
): LayerJson {
  const { name } = node;
  const layer = (class_name: string, config: Record<string, unknown>, ...inputs: string[]): LayerJson => ({
    class_name,
    name,
    config: { name, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
  });
  const convolution = (kernel: string, stride: number) => ({
    kernel_size: shapes.get(kernel)!.slice(0, 2),
    strides: [stride, stride],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'linear',
    use_bias: false,
  });
  switch (node.op) {
    case 'input':
      return {
        ...layer('InputLayer', {}),
        config: { name, dtype: 'float32', sparse: false, batch_input_shape: [null, ...node.shape] },
      };
    case 'conv2d':
      return layer('Conv2D', { filters: node.shape[2], ...convolution(node.kernel, node.stride) }, node.input);
    case 'depthwiseConv2d':
      return layer('DepthwiseConv2D', { depth_multiplier: 1, ...convolution(node.kernel, node.stride) }, node.input);
    case 'batchNorm':
      return layer(
        'BatchNormalization',
        { axis: -1, momentum, epsilon: node.epsilon, center: true, scale: true },
        node.input,
      );
    case 'relu6':
      return layer('ReLU', { max_value: 6 }, node.input);
    case 'add':
      return layer('Add', {}, node.input, node.other);
    case 'globalMaxPool':
      return layer('GlobalMaxPooling2D', { data_format: 'channels_last' }, node.input);
    case 'globalAveragePool':
      return layer('GlobalAveragePooling2D', { data_format: 'channels_last' }, node.input);
    case 'dropout':
      return layer('Dropout', { rate: node.rate }, node.input);
    case 'dense':
      return layer(
        'Dense',
        { units: node.shape[2], activation: scores ? 'softmax' : 'linear', use_bias: true },
        node.input,
      );
    case 'fakeQuant':
      throw new RangeError('not a LayersModel: TensorFlow.js has no quantizers');
  }
}
