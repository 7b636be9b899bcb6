import type { Node, Nodes } from '../../graph/graph.js';

/** A layer as Keras 2 describes it in JSON, which TensorFlow.js reads. Arguments left out have Keras' defaults. */
export interface LayerJson {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** One entry for each use of the layer, of which there is one: a list of [layer, node, tensor, arguments]. */
  readonly inbound_nodes: readonly unknown[];
}

/** What a layer's description needs to know of the network around it. */
export interface Surroundings {
  /** Of the batch norms: the weight of the old running statistics at a step. */
  readonly momentum: number;
  /** By parameter. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** The node that gives the scores. */
  readonly scores: string | undefined;
}

type Writer<N> = (node: N, network: Surroundings) => LayerJson;

/** Refused before, in words for people (`requireExportable`). */
const notYet: Writer<Node> = ({ op }) => {
  throw new RangeError(`a LayersModel holds no ${op} yet`);
};

/**
 * How each operation is written, with the names that Keras gives its classes and their arguments. A global pooling
 * gives [N, C], where a graph has [N, 1, 1, C]: dropout and dense layers behind it do the same with either. `null` is
 * the batch.
 */
const WRITERS: { readonly [Op in keyof Nodes]: Writer<Nodes[Op]> } = {
  input: ({ name, shape }) => ({
    ...layer('InputLayer', name, {}),
    config: { name, dtype: 'float32', sparse: false, batch_input_shape: [null, ...shape] },
  }),
  conv2d: ({ name, input, shape, kernel, stride }, { shapes }) =>
    layer('Conv2D', name, { filters: shape[2], ...convolution(shapes.get(kernel)!, stride) }, input),
  depthwiseConv2d: ({ name, input, kernel, stride }, { shapes }) =>
    layer('DepthwiseConv2D', name, { depth_multiplier: 1, ...convolution(shapes.get(kernel)!, stride) }, input),
  batchNorm: ({ name, input, epsilon }, { momentum }) =>
    layer('BatchNormalization', name, { axis: -1, momentum, epsilon, center: true, scale: true }, input),
  relu6: ({ name, input }) => layer('ReLU', name, { max_value: 6 }, input),
  add: ({ name, input, other }) => layer('Add', name, {}, input, other),
  globalMaxPool: ({ name, input }) => layer('GlobalMaxPooling2D', name, { data_format: 'channels_last' }, input),
  globalAveragePool: ({ name, input }) =>
    layer('GlobalAveragePooling2D', name, { data_format: 'channels_last' }, input),
  dropout: ({ name, input, rate }) => layer('Dropout', name, { rate }, input),
  dense: ({ name, input, shape }, { scores }) =>
    layer(
      'Dense',
      name,
      { units: shape[2], activation: name === scores ? 'softmax' : 'linear', use_bias: true },
      input,
    ),
  fakeQuant: () => {
    throw new RangeError('not a LayersModel: TensorFlow.js has no quantizers');
  },
  prelu: notYet,
  sigmoid: notYet,
  multiply: notYet,
  concat: notYet,
  maxPool: notYet,
  l2Normalize: notYet,
};

function writerOf<Op extends keyof Nodes>(op: Op): Writer<Nodes[Op]> {
  return WRITERS[op];
}

/** @throws RangeError for a quantizer */
export function layerOf(node: Node, network: Surroundings): LayerJson {
  return writerOf(node.op)(node, network);
}

function layer(class_name: string, name: string, config: Record<string, unknown>, ...inputs: string[]): LayerJson {
  return {
    class_name,
    name,
    config: { name, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])],
  };
}

function convolution(kernelShape: readonly number[], stride: number): Record<string, unknown> {
  return {
    kernel_size: kernelShape.slice(0, 2),
    strides: [stride, stride],
    padding: 'same',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'linear',
    use_bias: false,
  };
}
