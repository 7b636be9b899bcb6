import { answerOf, type IntegerNetwork, type IntegerTensor } from '../../quantization/interpreter/integerNetwork.js';
import { sizeOf } from '../../graph/graph.js';
import type { FloatNetwork } from '../floatNetwork.js';
import { floatOperatorsOf, type FloatOperands } from './floatOperators.js';
import { integerOperatorsOf, type IntegerOperands } from './integerOperators.js';
import { kernelOf } from './operations.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tfliteFile.js';

type Parts = { readonly tensors: TfliteTensor[]; readonly operators: TfliteOperator[] };

/**
 * A network in float32: input [1, H, W, 3], scaled as the file's facts say, output [1, C]. Tensors of the network
 * keep their numbers, so that tensor 0 is the input; constants stand behind them.
 *
 * @throws RangeError for a network without an output
 */
export function floatTflite(network: FloatNetwork, metadata: ReadonlyMap<string, Uint8Array>): TfliteModel {
  const tensors: TfliteTensor[] = network.tensors.map(({ name, shape }) => ({
    ...{ name, shape: [1, ...shape], type: 'float32' },
  }));
  const add = (tensor: TfliteTensor) => tensors.push(tensor) - 1;
  const constant = (name: string, shape: readonly number[], data: Float32Array) =>
    add({ name, shape, type: 'float32', data });
  const operands: FloatOperands = {
    add,
    like: (_, name, shape) => ({ name, shape, type: 'float32' }),
    shapeOf: (tensor) => network.tensors[tensor]!.shape,
    kernel({ op, name, kernelShape, weights, bias }) {
      const { shape, values } = kernelOf(op, weights, kernelShape);
      return [constant(`${name}/kernel`, shape, values), constant(`${name}/bias`, [bias.length], bias)];
    },
  };
  const operators = network.operations.flatMap((operation) => floatOperatorsOf(operation, operands));
  const parts: Parts = { tensors, operators };
  const output = flattened(parts, answerOf(network));
  return { description: network.name, ...parts, input: 0, output, metadata };
}

/**
 * The same in int8 throughout, by TFLite's 8-bit quantization specification: activations with one scale and zero point
 * for each tensor, kernels from −127 to 127 with zero point 0 and a scale for each output channel, biases in int32 with
 * zero point 0 and the scale input · kernel, which makes them of the same unit as the sums of products that they are
 * added to. With `io` float, input and output are float32 and a first and a last operator convert.
 *
 * @throws RangeError for a network without an output
 */
export function integerTflite(
  network: IntegerNetwork,
  metadata: ReadonlyMap<string, Uint8Array>,
  io: 'int8' | 'float32' = 'int8',
): TfliteModel {
  const tensors = network.tensors.map((tensor) => quantizedTensor(tensor));
  const operands: IntegerOperands = {
    add: (tensor) => tensors.push(tensor) - 1,
    tensorOf: (tensor) => network.tensors[tensor]!,
    shapeOf: (tensor) => network.tensors[tensor]!.shape,
    like: (tensor, name, shape) => ({ ...tensors[tensor]!, name, shape }),
    kernel({ op, name, input, kernelShape, weights, weightScales, bias }) {
      const { shape, values, dimension } = kernelOf(op, weights, kernelShape);
      const zeroPoints = Array<number>(weightScales.length).fill(0);
      const kernel = { scales: weightScales, zeroPoints, dimension };
      // A Float32Array: each product is rounded to float32, which a scale in the file is.
      const sums = weightScales.map((step) => step * network.tensors[input]!.scale);
      const inputs = [
        { name: `${name}/kernel`, shape, type: 'int8', data: values, quantization: kernel },
        {
          ...{ name: `${name}/bias`, shape: [bias.length], type: 'int32', data: bias },
          quantization: { scales: sums, zeroPoints, dimension: 0 },
        },
      ] as const satisfies TfliteTensor[];
      return [tensors.push(inputs[0]) - 1, tensors.push(inputs[1]) - 1];
    },
  };
  const operators = network.operations.flatMap((operation) => integerOperatorsOf(operation, operands));
  const parts: Parts = { tensors, operators };
  const integers = flattened(parts, answerOf(network));
  if (io === 'int8') return { description: network.name, ...parts, input: 0, output: integers, metadata };
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

/**
 * FULLY_CONNECTED gives [1, C] and reads [1, 1, 1, C] as it is. A dense layer's output has no height and width; where
 * the last operation is another one, a reshape takes them away. It has the scale of its input: no value changes.
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
