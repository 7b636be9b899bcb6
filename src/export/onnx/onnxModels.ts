import {
  answerOf,
  isIntegerValue,
  type IntegerLayer,
  type IntegerNetwork,
  type IntegerOperations,
} from '../../quantization/interpreter/integerNetwork.js';
import { isFloatOnly, type FloatLayer, type FloatNetwork, type FloatOperations } from '../floatNetwork.js';
import { writeFloatOperation } from './floatOperators.js';
import { writeIntegerOperation, type IntegerOperands } from './integerOperators.js';
import type { OnnxModel } from './onnxFile.js';
import { OnnxGraph } from './onnxGraph.js';
import { kernelOf, writeOperation, type Operands } from './operators.js';

/** Name of a file's input. */
export const ONNX_INPUT = 'image';
/** Name of the first side of input and output, which may be of any length. */
const BATCH = 'batch';

/**
 * A network in float32: input [N, 3, H, W], scaled as the file's facts say, output [N, C]. ONNX' convolutions and
 * poolings know channels first only; graphs have them last. Nothing is transposed at run time: kernels are, here.
 *
 * @throws RangeError for a dense layer on a map
 */
export function floatOnnx(network: FloatNetwork, outputName: string, metadata: ReadonlyMap<string, string>): OnnxModel {
  const graph = new OnnxGraph();
  const { tensors } = network;
  const shapeOf = (tensor: number) => tensors[tensor]!.shape;
  const values: string[] = [ONNX_INPUT];
  const operands: Operands<FloatOperations> = {
    graph,
    shapeOf,
    map: (tensor) => values[tensor]!,
    vector: (tensor) => graph.flat(values[tensor]!, shapeOf(tensor)),
    kernel: (layer) => floatKernel(graph, layer),
  };
  for (const operation of network.operations) {
    const value = isFloatOnly(operation)
      ? writeFloatOperation(operation, operands)
      : writeOperation(operation, operands);
    const relu6 = 'relu6' in operation && operation.relu6;
    values[operation.output] = relu6 ? graph.relu6(`${operation.name}/relu6`, value) : value;
  }
  return modelOf(network, graph, vectorOf(network, graph, values), outputName, 'float32', metadata);
}

/**
 * A network in int8 as ONNX writes it: every operation between `DequantizeLinear` and `QuantizeLinear`, which a runtime
 * joins to one of whole numbers. Kernels are int8 with a scale for each output channel. Activations are uint8, each
 * integer 128 more than in the network: ONNX Runtime joins the nodes for x86-64 for those only (`int8_allowed` in its
 * qdq_selectors.cc is true on ARM alone, by default). The zero point grows with the integers, so that scale · (q −
 * zeroPoint) is what it was.
 *
 * A `Conv` becomes a `QLinearConv`, an `Add` a `QLinearAdd`, if each input comes from a `DequantizeLinear`, activations
 * have one type, the bias is int32, and nothing but the `QuantizeLinear` reads the output.
 *
 * @param io type of input and output
 */
export function integerOnnx(
  network: IntegerNetwork,
  outputName: string,
  metadata: ReadonlyMap<string, string>,
  io: 'uint8' | 'float32',
): OnnxModel {
  const graph = new OnnxGraph();
  const { tensors } = network;
  // What QuantizeLinear gives has the type of its zero point.
  const scales = tensors.map(({ name, scale, zeroPoint }) => [
    graph.float(`${name}/scale`, [], Float32Array.of(scale)),
    graph.uint8(`${name}/zero_point`, [], Uint8Array.of(zeroPoint + 128)),
  ]);
  const quantized: string[] = [];
  const quantize = (tensor: number, value: string) =>
    graph.node('QuantizeLinear', `${tensors[tensor]!.name}/quantized`, [value, ...scales[tensor]!]);
  const dequantized = new Map<string, string>();
  const dequantize = (tensor: number, value = quantized[tensor]!, name = `${value}/dequantized`) => {
    const known = dequantized.get(value) ?? graph.node('DequantizeLinear', name, [value, ...scales[tensor]!]);
    dequantized.set(value, known);
    return known;
  };
  const shapeOf = (tensor: number) => tensors[tensor]!.shape;
  const operands: IntegerOperands = {
    graph,
    shapeOf,
    map: (tensor) => dequantize(tensor),
    steps: (tensor) =>
      graph.node('DequantizeLinear', `${quantized[tensor]!}/steps`, [
        quantized[tensor]!,
        graph.one(),
        scales[tensor]![1]!,
      ]),
    // Flattened as integers: between two nodes that a runtime joins nothing may stand.
    vector: (tensor) => dequantize(tensor, graph.flat(quantized[tensor]!, shapeOf(tensor))),
    kernel: (layer) => quantizedKernel(graph, layer, tensors[layer.input]!.scale),
  };
  quantized[0] = io === 'float32' ? quantize(0, ONNX_INPUT) : ONNX_INPUT;
  for (const operation of network.operations) {
    const value = isIntegerValue(operation)
      ? writeIntegerOperation(operation, operands)
      : writeOperation<IntegerOperations>(operation, operands);
    // The output's own ends are those of the ReLU6, mostly: then it is nothing. A Clip that does more than the ends do
    // stands in the way of joining, and ONNX Runtime computes that operation in float.
    const clips = 'relu6' in operation && operation.relu6 && (operation.lowest > -128 || operation.highest < 127);
    quantized[operation.output] = quantize(
      operation.output,
      clips ? graph.relu6(`${operation.name}/relu6`, value) : value,
    );
  }
  let result = vectorOf(network, graph, quantized);
  if (io === 'float32') result = dequantize(answerOf(network), result, outputName);
  return modelOf(network, graph, result, outputName, io, metadata);
}

/** What a file answers with, [N, C]: a dense layer gives that, everything else [N, C, 1, 1]. */
function vectorOf(network: FloatNetwork | IntegerNetwork, g: OnnxGraph, values: readonly string[]): string {
  const answer = answerOf(network);
  const operations: readonly { readonly op: string; readonly output: number }[] = network.operations;
  const isVector = operations.some(({ op, output }) => op === 'dense' && output === answer);
  return isVector ? values[answer]! : g.flat(values[answer]!, network.tensors[answer]!.shape);
}

function floatKernel(graph: OnnxGraph, { op, name, weights, kernelShape, bias }: FloatLayer): [string, string] {
  const { shape, data } = kernelOf(op, weights, kernelShape);
  return [graph.float(`${name}/kernel`, shape, data), graph.float(`${name}/bias`, [bias.length], bias)];
}

/**
 * int8 kernel with a scale for each index of `axis`, and int32 bias [Cout] of input scale times kernel scale:
 * `QLinearConv` takes that for granted, having no input for another. int32 has no zero point.
 */
function quantizedKernel(g: OnnxGraph, layer: IntegerLayer, inputScale: number): [kernel: string, bias: string] {
  const { name } = layer;
  const channels = layer.bias.length;
  const { shape, data, axis } = kernelOf(layer.op, layer.weights, layer.kernelShape);
  const kernel = g.node(
    'DequantizeLinear',
    `${name}/kernel`,
    [
      g.int8(`${name}/kernel/quantized`, shape, data),
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
        layer.weightScales.map((step) => step * inputScale),
      ),
    ],
    { axis: 0 },
  );
  return [kernel, bias];
}

/**
 * The last node's output gets the name that says what it is: `logits` or `embedding`. A layer that has this name already, such as the one
 * that makes what becomes a unit vector, gives way.
 */
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
  const last = g.nodes.findLastIndex(({ output }) => output === result);
  const inside = (tensor: string) => (tensor === outputName ? `${outputName}/layer` : tensor);
  const nodes = g.nodes.map((node, i) => ({
    ...node,
    name: i === last ? node.name : inside(node.name),
    inputs: node.inputs.map(inside),
    output: i === last ? outputName : inside(node.output),
  }));
  return {
    name,
    nodes,
    constants: g.constants,
    inputs: [{ name: ONNX_INPUT, type, shape: [BATCH, channels, height, width] }],
    outputs: [{ name: outputName, type, shape: [BATCH, tensors[answerOf(network)]!.shape[2]] }],
    metadata,
  };
}
