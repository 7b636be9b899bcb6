import { answerOf, type IntegerNetwork, type IntegerTensor } from '../../quantization/interpreter/integerNetwork.js';
import { sizeOf } from '../../graph/graph.js';
import type { ComputedNode, KernelNode, PoolNode } from '../../graph/operations.js';
import type { FloatNetwork } from '../floatNetwork.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tfliteFile.js';

type Parts = { readonly tensors: TfliteTensor[]; readonly operators: TfliteOperator[] };

/** A network in float32: input [1, H, W, 3] of x / 127.5 − 1, output [1, classes] logits. */
export function floatTflite(network: FloatNetwork, metadata: ReadonlyMap<string, Uint8Array>): TfliteModel {
  const parts: Parts = {
    tensors: network.tensors.map(({ name, shape }) => ({ name, shape: [1, ...shape], type: 'float32' })),
    operators: [],
  };
  const constant = (name: string, shape: readonly number[], data: Float32Array) =>
    parts.tensors.push({ name, shape, type: 'float32', data }) - 1;
  for (const operation of network.operations) {
    const { name, input, output } = operation;
    const outputs = [output];
    if (operation.op === 'add')
      parts.operators.push({ op: OPERATORS.add, inputs: [input, operation.other], outputs, relu6: operation.relu6 });
    else if (!('weights' in operation))
      parts.operators.push(pooling(operation.op, input, output, network.tensors[input]!.shape));
    else {
      const { shape, values } = kernelOf(operation.op, operation.kernelShape, operation.weights);
      const inputs = [
        input,
        constant(`${name}/kernel`, shape, values),
        constant(`${name}/bias`, [operation.bias.length], operation.bias),
      ];
      parts.operators.push({
        op: OPERATORS[operation.op],
        inputs,
        outputs,
        stride: operation.stride,
        relu6: operation.relu6,
      });
    }
  }
  const output = flattened(parts, answerOf(network));
  return { description: network.name, ...parts, input: 0, output, metadata };
}

/**
 * The same in int8 throughout. With `border` float, input and output are float32 and a first and a last operator convert.
 */
export function integerTflite(
  network: IntegerNetwork,
  metadata: ReadonlyMap<string, Uint8Array>,
  border: 'int8' | 'float32' = 'int8',
): TfliteModel {
  const parts: Parts = { tensors: network.tensors.map((tensor) => quantizedTensor(tensor)), operators: [] };
  for (const operation of network.operations) {
    const { name, input, output } = operation;
    const outputs = [output];
    if (operation.op === 'add') {
      parts.operators.push({ op: OPERATORS.add, inputs: [input, operation.other], outputs, relu6: operation.relu6 });
    } else if (!('weights' in operation))
      parts.operators.push(pooling(operation.op, input, output, network.tensors[input]!.shape));
    else {
      const { shape, values, dimension } = kernelOf(operation.op, operation.kernelShape, operation.weights);
      const scales = operation.weightScales;
      const zeroPoints = Array<number>(scales.length).fill(0);
      const kernel =
        parts.tensors.push({
          name: `${name}/kernel`,
          shape,
          type: 'int8',
          data: values,
          quantization: { scales, zeroPoints, dimension },
        }) - 1;
      const bias =
        parts.tensors.push({
          name: `${name}/bias`,
          shape: [operation.bias.length],
          type: 'int32',
          data: operation.bias,
          quantization: {
            scales: scales.map((step) => step * network.tensors[input]!.scale),
            zeroPoints,
            dimension: 0,
          },
        }) - 1;
      parts.operators.push({
        op: OPERATORS[operation.op],
        inputs: [input, kernel, bias],
        outputs,
        stride: operation.stride,
        relu6: operation.relu6,
      });
    }
  }
  const integers = flattened(parts, answerOf(network));
  if (border === 'int8') return { description: network.name, ...parts, input: 0, output: integers, metadata };
  const float = (i: number, name: string) =>
    parts.tensors.push({ name, shape: parts.tensors[i]!.shape, type: 'float32' }) - 1;
  const [input, output] = [float(0, 'image'), float(integers, 'result')];
  parts.operators.unshift({ op: 'quantize', inputs: [input], outputs: [0] });
  parts.operators.push({ op: 'dequantize', inputs: [integers], outputs: [output] });
  return { description: network.name, ...parts, input, output, metadata };
}

function quantizedTensor({ name, shape, scale, zeroPoint }: IntegerTensor): TfliteTensor {
  const quantization = { scales: Float32Array.of(scale), zeroPoints: [zeroPoint], dimension: 0 };
  return { name, shape: [1, ...shape], type: 'int8', quantization };
}

/** TFLite's names. */
const OPERATORS = {
  conv2d: 'conv2d',
  depthwiseConv2d: 'depthwiseConv2d',
  dense: 'fullyConnected',
  add: 'add',
  globalAveragePool: 'averagePool2d',
  globalMaxPool: 'maxPool2d',
} as const satisfies Readonly<Record<ComputedNode['op'], TfliteOperator['op']>>;

function pooling(
  op: PoolNode['op'],
  input: number,
  output: number,
  [height, width]: readonly [number, number, number],
): TfliteOperator {
  return {
    op: OPERATORS[op],
    inputs: [input],
    outputs: [output],
    filter: [height, width],
  };
}

/**
 * A dense layer's output has no height and width; where the last operation is another one, a reshape takes them away.
 *
 * @returns the tensor that is the output
 */
function flattened({ tensors, operators }: Parts, output: number): number {
  for (const { op, outputs } of operators)
    if (op === 'fullyConnected')
      for (const o of outputs) tensors[o] = { ...tensors[o]!, shape: [1, tensors[o]!.shape.at(-1)!] };
  const tensor = tensors[output]!;
  if (tensor.shape.length === 2) return output;
  const shape = [1, sizeOf(tensor.shape)];
  const sides =
    tensors.push({ name: `${tensor.name}/shape`, shape: [2], type: 'int32', data: Int32Array.from(shape) }) - 1;
  const flat = tensors.push({ ...tensor, name: `${tensor.name}/flat`, shape }) - 1;
  operators.push({ op: 'reshape', inputs: [output, sides], outputs: [flat], shape });
  return flat;
}

/** TFLite's layouts: [Cout, kH, kW, Cin], [1, kH, kW, C] and [Cout, Cin]. `dimension` is the one of the output channels. */
function kernelOf<T extends Float32Array | Int8Array>(
  op: KernelNode['op'],
  shape: readonly number[],
  values: T,
): { readonly shape: readonly number[]; readonly values: T; readonly dimension: number } {
  if (op === 'depthwiseConv2d') return { shape: [1, shape[0]!, shape[1]!, shape[2]!], values, dimension: 3 };
  const outC = shape.at(-1)!;
  const depth = values.length / outC;
  const moved = values.slice() as T;
  for (let k = 0; k < depth; k++) for (let c = 0; c < outC; c++) moved[c * depth + k] = values[k * outC + c]!;
  return { shape: [outC, ...shape.slice(0, -1)], values: moved, dimension: 0 };
}
