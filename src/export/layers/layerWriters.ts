import type { Node, Nodes, Padding } from '../../graph/graph.js';
import { layer, LayerList, type LayerJson } from './layerList.js';

type Writer<N> = (node: N, layers: LayerList) => LayerJson;

/**
 * How each operation is written, with the names that Keras gives its classes and their arguments. A global pooling and a dense
 * layer give [N, C], where a graph has [N, 1, 1, C]; whoever needs the other form asks for it (`LayerList`). `null` is the batch.
 */
const WRITERS: { readonly [Op in keyof Nodes]: Writer<Nodes[Op]> } = {
  input: ({ name, shape }) => ({
    ...layer('InputLayer', name, {}),
    config: { name, dtype: 'float32', sparse: false, batch_input_shape: [null, ...shape] },
  }),
  conv2d(node, layers) {
    const { name, shape } = node;
    const { input, ...config } = convolution(node, layers);
    return layer('Conv2D', name, { filters: shape[2], ...config }, input);
  },
  depthwiseConv2d(node, layers) {
    const { input, ...config } = convolution(node, layers);
    return layer('DepthwiseConv2D', node.name, { depth_multiplier: 1, ...config }, input);
  },
  batchNorm: ({ name, input, epsilon }, layers) =>
    layer(
      'BatchNormalization',
      name,
      { axis: -1, momentum: layers.network.momentum, epsilon, center: true, scale: true },
      layers.same(name, input),
    ),
  relu6: ({ name, input }, layers) => layer('ReLU', name, { max_value: 6 }, layers.same(name, input)),
  prelu: ({ name, input }, layers) =>
    layer('PReLU', name, layers.isVector(input) ? {} : { shared_axes: [1, 2] }, layers.same(name, input)),
  sigmoid: ({ name, input }, layers) => layer('Activation', name, { activation: 'sigmoid' }, layers.same(name, input)),
  add: ({ name, input, other }, layers) => layer('Add', name, {}, ...layers.together(name, input, other)),
  multiply: ({ name, input, other }, layers) => layer('Multiply', name, {}, ...layers.together(name, input, other)),
  concat: ({ name, input, other }, layers) =>
    layer('Concatenate', name, { axis: -1 }, ...layers.together(name, input, other)),
  maxPool({ name, input, kernelSize, stride, padding }, layers) {
    const way = layers.paddingOf(input, [kernelSize, kernelSize], stride, padding);
    // Keras pads with zeros alone, which a maximum below zero would lose to.
    if (way === undefined) throw new RangeError(`it has no maximum over windows with the rim of ${name}`);
    const side = { pool_size: [kernelSize, kernelSize], strides: [stride, stride], padding: way };
    return layer('MaxPooling2D', name, { ...side, data_format: 'channels_last' }, layers.map(input));
  },
  globalMaxPool: ({ name, input }, layers) => pooling('GlobalMaxPooling2D', name, input, layers),
  globalAveragePool: ({ name, input }, layers) => pooling('GlobalAveragePooling2D', name, input, layers),
  l2Normalize({ name, input, shape }, layers) {
    const vector = layers.vector(input);
    layers.takeAsVector(name);
    if (layers.network.dialect === 'keras') return layer('UnitNormalization', name, { axis: -1 }, vector);
    return unitVector(name, vector, shape[2], layers);
  },
  dropout: ({ name, input, rate }, layers) => layer('Dropout', name, { rate }, layers.same(name, input)),
  dense({ name, input, shape }, layers) {
    const vector = layers.vector(input);
    layers.takeAsVector(name);
    const activation = name === layers.network.scores ? 'softmax' : 'linear';
    return layer('Dense', name, { units: shape[2], activation, use_bias: true }, vector);
  },
  fakeQuant: () => {
    throw new RangeError('it has no quantizers');
  },
};

/** @throws RangeError for what Keras' layers do not compute, as "it has no …" */
export function layerOf(node: Node, layers: LayerList): LayerJson {
  return writerOf(node.op)(node, layers);
}

function writerOf<Op extends keyof Nodes>(op: Op): Writer<Nodes[Op]> {
  return WRITERS[op];
}

/** What the two kinds of convolutions have in common, and what they read. A rim that is not TensorFlow's own stands before them. */
function convolution(
  { input, kernel, stride, bias, padding }: Nodes['conv2d' | 'depthwiseConv2d'],
  layers: LayerList,
): Record<string, unknown> & { readonly input: string } {
  const [height = 0, width = 0] = layers.network.shapes.get(kernel)!;
  const way = padding ? layers.paddingOf(input, [height, width], stride, padding) : 'same';
  return {
    kernel_size: [height, width],
    strides: [stride, stride],
    padding: way ?? 'valid',
    data_format: 'channels_last',
    dilation_rate: [1, 1],
    activation: 'linear',
    use_bias: bias !== undefined,
    input: way ? layers.map(input) : padded(input, padding!, layers),
  };
}

function padded(input: string, { top, bottom, left, right }: Padding, layers: LayerList): string {
  const config = {
    padding: [
      [top, bottom],
      [left, right],
    ],
    data_format: 'channels_last',
  };
  return layers.extra('ZeroPadding2D', `${input}_padded`, config, layers.map(input));
}

function pooling(class_name: string, name: string, input: string, layers: LayerList): LayerJson {
  layers.takeAsVector(name);
  return layer(class_name, name, { data_format: 'channels_last' }, layers.map(input));
}

/**
 * x / ‖x‖ for TensorFlow.js, which has no such layer: of x and −x side by side the mean is zero and the variance ‖x‖² / E, so that
 * the normalization of layers makes x · √E / ‖x‖ of the first half. Its scale takes the √E away; without a scale and a shift,
 * TensorFlow.js has no gradient.
 */
function unitVector(name: string, input: string, length: number, layers: LayerList): LayerJson {
  const negative = layers.extra('Rescaling', `${name}_negative`, { scale: -1, offset: 0 }, input);
  const pair = layers.extra('Concatenate', `${name}_pair`, { axis: -1 }, input, negative);
  const scaling = { trainable: false, axis: -1, epsilon: 1e-24, center: true, scale: true };
  const normalized = layers.extra('LayerNormalization', `${name}_normalized`, scaling, pair);
  layers.constant(normalized, 'gamma', [2 * length], 1 / Math.sqrt(length));
  layers.constant(normalized, 'beta', [2 * length], 0);
  const rows = layers.extra('Reshape', `${name}_rows`, { target_shape: [2, 1, length] }, normalized);
  const cropping = [
    [0, 1],
    [0, 0],
  ];
  const half = layers.extra('Cropping2D', `${name}_half`, { cropping, data_format: 'channels_last' }, rows);
  return layer('Reshape', name, { target_shape: [length] }, half);
}
