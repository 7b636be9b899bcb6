import { sizeOf, type Shape } from '../../graph/graph.js';
import type { KernelNode } from '../../graph/operations.js';
import {
  addMultipliers,
  reluClamp,
  type IntegerNetwork,
  type IntegerOperation,
  type OutputTensors,
} from '../../quantization/interpreter/integerNetwork.js';
import { fixedMultiplier } from '../../quantization/interpreter/fixedPoint.js';
import type { FloatNetwork, FloatOperation } from '../floatNetwork.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tfliteFile.js';

/** A .tflite file's network: of floats or of integers, whatever stands at its border. */
export type TfliteNetwork =
  | { readonly precision: 'float32'; readonly network: FloatNetwork }
  | { readonly precision: 'int8'; readonly network: IntegerNetwork };

/**
 * The network that `floatTflite` or `integerTflite` made a file of.
 *
 * @param answer what the file's output is; it has one
 * @throws RangeError for a file of another origin that has what those do not write
 */
export function networkOfTflite(model: TfliteModel, answer: keyof OutputTensors = 'scores'): TfliteNetwork {
  // Conversions at the border and a last reshape change no value.
  const inner = model.operators.filter(({ op }) => op !== 'quantize' && op !== 'dequantize' && op !== 'reshape');
  if (inner.length === 0) throw new RangeError('it has no layers');
  const numbers = new Map(
    [inner[0]!.inputs[0]!, ...inner.flatMap(({ outputs }) => outputs)].map((tensor, i) => [tensor, i]),
  );
  const tensors = [...numbers.keys()].map((tensor) => model.tensors[tensor]!);
  const number = (tensor: number | undefined) => {
    const found = tensor === undefined ? undefined : numbers.get(tensor);
    if (found === undefined) throw new RangeError('a layer reads what no earlier layer has written');
    return found;
  };
  const outputs = { [answer]: number(inner.at(-1)!.outputs[0]) };
  const integers = tensors[0]!.type === 'int8';
  if (!integers) {
    const operations = inner.map((operator) => floatOperation(model, operator, number));
    return {
      precision: 'float32',
      network: {
        name: model.description,
        tensors: tensors.map(({ name, shape }) => ({ name, shape: mapOf(shape) })),
        operations,
        outputs,
      },
    };
  }
  const scaled = tensors.map(({ name, shape, quantization }) => {
    if (quantization?.scales.length !== 1) throw new RangeError(`${name} has no scale`);
    return { name, shape: mapOf(shape), scale: quantization.scales[0]!, zeroPoint: quantization.zeroPoints[0]! };
  });
  const operations = inner.map((operator) => integerOperation(model, operator, number, scaled));
  const { scale, zeroPoint } = scaled[0]!;
  const input = {
    scale,
    zeroPoint,
    lowest: -128,
    highest: 127,
    minimum: (-128 - zeroPoint) * scale,
    maximum: (127 - zeroPoint) * scale,
  };
  return { precision: 'int8', network: { name: model.description, input, tensors: scaled, operations, outputs } };
}

const LAYERS = { conv2d: 'conv2d', depthwiseConv2d: 'depthwiseConv2d', fullyConnected: 'dense' } as const;

function floatOperation(
  { tensors }: TfliteModel,
  operator: TfliteOperator,
  number: (tensor: number | undefined) => number,
): FloatOperation {
  const { op, inputs, outputs, stride = 1, relu6 = false } = operator;
  const [input, output] = [number(inputs[0]), number(outputs[0])];
  const { name } = tensors[outputs[0]!]!;
  if (op === 'add') return { op: 'add', name, input, other: number(inputs[1]), output, relu6 };
  if (op === 'averagePool2d' || op === 'maxPool2d') return { op: POOLS[op], name, input, output };
  if (!(op in LAYERS)) throw new RangeError(`${op} is in a place where it is not supported`);
  const [kernel, bias] = [tensors[inputs[1]!]!, tensors[inputs[2]!]!];
  const layer = LAYERS[op as keyof typeof LAYERS];
  const { kernelShape, weights } = kernelFrom(layer, kernel);
  return {
    op: layer,
    name,
    input,
    output,
    stride,
    relu6,
    kernelShape,
    weights: weights as Float32Array,
    bias: bias.data as Float32Array,
  };
}

const POOLS = { averagePool2d: 'globalAveragePool', maxPool2d: 'globalMaxPool' } as const;

function integerOperation(
  { tensors }: TfliteModel,
  operator: TfliteOperator,
  number: (tensor: number | undefined) => number,
  scaled: IntegerNetwork['tensors'],
): IntegerOperation {
  const { op, inputs, outputs, stride = 1, relu6 = false } = operator;
  const [input, output] = [number(inputs[0]), number(outputs[0])];
  const { name } = tensors[outputs[0]!]!;
  const [x, y] = [scaled[input]!, scaled[output]!];
  const clamp = relu6 ? reluClamp(y) : { lowest: -128, highest: 127, relu6: false };
  if (op === 'averagePool2d' || op === 'maxPool2d') return { op: POOLS[op], name, input, output };
  if (op === 'add') {
    const other = number(inputs[1]);
    return {
      op: 'add',
      name,
      input,
      other,
      output,
      ...clamp,
      ...addMultipliers(x.scale, scaled[other]!.scale, y.scale),
    };
  }
  if (!(op in LAYERS)) throw new RangeError(`${op} is in a place where it is not supported`);
  const [kernel, bias] = [tensors[inputs[1]!]!, tensors[inputs[2]!]!];
  const layer = LAYERS[op as keyof typeof LAYERS];
  const { kernelShape, weights } = kernelFrom(layer, kernel);
  const weightScales = kernel.quantization!.scales;
  return {
    ...{ op: layer, name, input, output, stride, kernelShape, weights: weights as Int8Array, weightScales, ...clamp },
    bias: bias.data as Int32Array,
    multipliers: Array.from(weightScales, (scale) => fixedMultiplier((x.scale * scale) / y.scale)),
  };
}

/** From TFLite's layouts to those of a graph. */
function kernelFrom(
  op: KernelNode['op'],
  { shape, data }: TfliteTensor,
): { kernelShape: readonly number[]; weights: Float32Array | Int8Array } {
  const values = data as Float32Array | Int8Array;
  if (op === 'depthwiseConv2d') return { kernelShape: [shape[1]!, shape[2]!, shape[3]!, 1], weights: values };
  const outC = shape[0]!;
  const depth = sizeOf(shape.slice(1));
  const weights = values.slice();
  for (let c = 0; c < outC; c++) for (let k = 0; k < depth; k++) weights[k * outC + c] = values[c * depth + k]!;
  return { kernelShape: [...shape.slice(1), outC], weights };
}

function mapOf(shape: readonly number[]): Shape {
  return shape.length === 4 ? [shape[1]!, shape[2]!, shape[3]!] : [1, 1, shape.at(-1)!];
}
