import type { Shape } from '../../graph/graph.js';
import { answerOf, type IntegerNetwork, type IntegerTensor } from '../../quantization/interpreter/integerNetwork.js';
import type { FloatNetwork } from '../floatNetwork.js';
import type { OnnxConstant, OnnxModel, OnnxNode } from './onnxFile.js';

/** Names of a file's input and output. */
export const ONNX_INPUT = 'image';
const BATCH = 'batch';

type Layer = Extract<
  FloatNetwork['operations'][number] | IntegerNetwork['operations'][number],
  { kernelShape: unknown }
>;

/** Nodes and constants as they come together; ONNX keeps channels before height and width. */
class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];

  node(op: string, name: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): string {
    this.nodes.push({ op, name, inputs, output: name, ...(attributes && { attributes }) });
    return name;
  }

  float(name: string, shape: readonly number[], data: Float32Array): string {
    this.constants.push({ name, type: 'float32', shape, data });
    return name;
  }

  uint8(name: string, shape: readonly number[], data: Uint8Array): string {
    this.constants.push({ name, type: 'uint8', shape, data });
    return name;
  }

  int8(name: string, shape: readonly number[], data: Int8Array): string {
    this.constants.push({ name, type: 'int8', shape, data });
    return name;
  }

  int32(name: string, shape: readonly number[], data: Int32Array): string {
    this.constants.push({ name, type: 'int32', shape, data });
    return name;
  }

  /** min(max(x, 0), 6) */
  relu6(name: string, input: string): string {
    if (!this.constants.some(({ name: known }) => known === 'six')) {
      this.float('zero', [], Float32Array.of(0));
      this.float('six', [], Float32Array.of(6));
    }
    return this.node('Clip', name, [input, 'zero', 'six']);
  }

  /** A convolution or dense layer on what is a float where it is computed. */
  layer(layer: Layer, x: Shape, y: Shape, input: string, kernel: string, bias: string, name: string): string {
    if (layer.op === 'dense') return this.node('Gemm', name, [input, kernel, bias]);
    const [height, width] = layer.kernelShape as [number, number];
    return this.node('Conv', name, [input, kernel, bias], {
      kernel_shape: [height, width],
      strides: [layer.stride, layer.stride],
      pads: samePadding(x, y, [height, width], layer.stride),
      group: layer.op === 'depthwiseConv2d' ? x[2] : 1,
    });
  }

  private readonly flattened = new Map<string, string>();

  /** [N, C, 1, 1] → [N, C] */
  flat(input: string, [height, width]: Shape): string {
    if (height !== 1 || width !== 1)
      throw new RangeError(`${input} is a map, and a dense layer reads one value a channel`);
    const known = this.flattened.get(input) ?? this.node('Flatten', `${input}/flat`, [input], { axis: 1 });
    this.flattened.set(input, known);
    return known;
  }
}

const POOLING = { globalAveragePool: 'GlobalAveragePool', globalMaxPool: 'GlobalMaxPool' } as const;

/** A network in float32: input [N, 3, H, W] of x / 127.5 − 1, output [N, C]. */
export function floatOnnx(network: FloatNetwork, outputName: string, metadata: ReadonlyMap<string, string>): OnnxModel {
  const g = new OnnxGraph();
  const { tensors } = network;
  const values: string[] = [ONNX_INPUT];
  for (const operation of network.operations) {
    const { name, input, output } = operation;
    const [x, y] = [tensors[input]!.shape, tensors[output]!.shape];
    let value: string;
    if (operation.op === 'add') value = g.node('Add', name, [values[input]!, values[operation.other]!]);
    else if ('weights' in operation) {
      const { shape, data } = kernelOf(operation);
      const kernel = g.float(`${name}/kernel`, shape, data as Float32Array);
      const bias = g.float(`${name}/bias`, [operation.bias.length], operation.bias);
      const from = operation.op === 'dense' ? g.flat(values[input]!, x) : values[input]!;
      value = g.layer(operation, x, y, from, kernel, bias, name);
    } else value = g.node(POOLING[operation.op], name, [values[input]!]);
    values[output] = 'relu6' in operation && operation.relu6 ? g.relu6(`${name}/relu6`, value) : value;
  }
  const result = vectorOf(network, g, values);
  return modelOf(network, g, result, outputName, 'float32', metadata);
}

/**
 * A network in int8 as ONNX writes it: every operation between `DequantizeLinear` and `QuantizeLinear`, which a runtime joins
 * to one of whole numbers. Kernels are int8 with a scale for each output channel. Activations are uint8, each integer 128
 * more than in the network: ONNX Runtime joins the nodes for x86-64 for those only.
 *
 * @param border type of input and output
 */
export function integerOnnx(
  network: IntegerNetwork,
  outputName: string,
  metadata: ReadonlyMap<string, string>,
  border: 'uint8' | 'float32',
): OnnxModel {
  const g = new OnnxGraph();
  const { tensors } = network;
  const scales = tensors.map(({ name, scale, zeroPoint }) => [
    g.float(`${name}/scale`, [], Float32Array.of(scale)),
    g.uint8(`${name}/zero_point`, [], Uint8Array.of(zeroPoint + 128)),
  ]);
  const quantized: string[] = [];
  const quantize = (tensor: number, value: string) =>
    g.node('QuantizeLinear', `${tensors[tensor]!.name}/quantized`, [value, ...scales[tensor]!]);
  const dequantized = new Map<string, string>();
  const dequantize = (tensor: number, value = quantized[tensor]!, name = `${value}/dequantized`) => {
    const known = dequantized.get(value) ?? g.node('DequantizeLinear', name, [value, ...scales[tensor]!]);
    dequantized.set(value, known);
    return known;
  };
  quantized[0] = border === 'float32' ? quantize(0, ONNX_INPUT) : ONNX_INPUT;
  for (const operation of network.operations) {
    const { name, input, output } = operation;
    const [x, y] = [tensors[input]!, tensors[output]!];
    // Flattened as integers: between two nodes that a runtime joins nothing may stand.
    const from = dequantize(input, operation.op === 'dense' ? g.flat(quantized[input]!, x.shape) : quantized[input]);
    let value: string;
    if (operation.op === 'add') value = g.node('Add', name, [from, dequantize(operation.other)]);
    else if ('weights' in operation) {
      const [kernel, bias] = quantizedKernel(g, operation, x);
      value = g.layer(operation, x.shape, y.shape, from, kernel, bias, name);
    } else value = g.node(POOLING[operation.op], name, [from]);
    // The output's own ends are those of the ReLU6, mostly: then it is nothing.
    const clips = 'relu6' in operation && operation.relu6 && (operation.lowest > -128 || operation.highest < 127);
    quantized[output] = quantize(output, clips ? g.relu6(`${name}/relu6`, value) : value);
  }
  let result = vectorOf(network, g, quantized);
  if (border === 'float32') result = dequantize(answerOf(network), result, outputName);
  return modelOf(network, g, result, outputName, border, metadata);
}

/** What a file answers with, [N, C]: a dense layer gives that, everything else [N, C, 1, 1]. */
function vectorOf(network: FloatNetwork | IntegerNetwork, g: OnnxGraph, values: readonly string[]): string {
  const answer = answerOf(network);
  const operations: readonly { readonly op: string; readonly output: number }[] = network.operations;
  const isVector = operations.some(({ op, output }) => op === 'dense' && output === answer);
  return isVector ? values[answer]! : g.flat(values[answer]!, network.tensors[answer]!.shape);
}

function quantizedKernel(
  g: OnnxGraph,
  layer: Extract<IntegerNetwork['operations'][number], { weights: unknown }>,
  x: IntegerTensor,
): [kernel: string, bias: string] {
  const { name } = layer;
  const channels = layer.bias.length;
  const { shape, data, axis } = kernelOf(layer);
  const kernel = g.node(
    'DequantizeLinear',
    `${name}/kernel`,
    [
      g.int8(`${name}/kernel/quantized`, shape, data as Int8Array),
      g.float(`${name}/kernel/scale`, [channels], layer.weightScales),
      g.int8(`${name}/kernel/zero_point`, [channels], new Int8Array(channels)),
    ],
    { axis },
  );
  const bias = g.node(
    'DequantizeLinear',
    `${name}/bias`,
    [
      g.int32(`${name}/bias/quantized`, [channels], layer.bias),
      g.float(
        `${name}/bias/scale`,
        [channels],
        layer.weightScales.map((step) => step * x.scale),
      ),
    ],
    { axis: 0 },
  );
  return [kernel, bias];
}

function modelOf(
  network: FloatNetwork | IntegerNetwork,
  g: OnnxGraph,
  result: string,
  outputName: string,
  type: 'uint8' | 'float32',
  metadata: ReadonlyMap<string, string>,
): OnnxModel {
  const { name, tensors } = network;
  const [height, width, channels] = tensors[0]!.shape;
  const nodes = g.nodes.map((node) => (node.output === result ? { ...node, output: outputName } : node));
  return {
    name,
    nodes,
    constants: g.constants,
    inputs: [{ name: ONNX_INPUT, type, shape: [BATCH, channels, height, width] }],
    outputs: [{ name: outputName, type, shape: [BATCH, tensors[answerOf(network)]!.shape[2]] }],
    metadata,
  };
}

/** Of a SAME convolution, as TensorFlow has it: [top, left, bottom, right]. */
function samePadding(
  [h, w]: Shape,
  [outH, outW]: Shape,
  [kH, kW]: readonly [number, number],
  stride: number,
): number[] {
  const [rows, columns] = [(outH - 1) * stride + kH - h, (outW - 1) * stride + kW - w].map((n) => Math.max(0, n)) as [
    number,
    number,
  ];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return [top, left, rows - top, columns - left];
}

/** ONNX' layouts: [Cout, Cin, kH, kW], [C, 1, kH, kW] and [Cin, Cout]. `axis` is the one of the output channels. */
function kernelOf({ op, kernelShape, weights }: Layer): {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array;
  readonly axis: number;
} {
  if (op === 'dense') return { shape: kernelShape, data: weights, axis: 1 };
  const [kH, kW, third, fourth] = kernelShape as [number, number, number, number];
  const [inC, outC] = op === 'depthwiseConv2d' ? [1, third] : [third, fourth];
  const data = weights.slice();
  let from = 0;
  for (let tap = 0; tap < kH * kW; tap++)
    for (let i = 0; i < inC; i++) for (let c = 0; c < outC; c++) data[(c * inC + i) * kH * kW + tap] = weights[from++]!;
  return { shape: [outC, inC, kH, kW], data, axis: 0 };
}
