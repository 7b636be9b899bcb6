import { sizeOf, type Padding, type Shape } from '../../graph/graph.js';
import type { FloatNode, KernelNode, PoolNode, SumNode } from '../../graph/operations.js';
import {
  addMultipliers,
  reluClamp,
  type Clamp,
  type IntegerNetwork,
  type IntegerOperation,
  type IntegerTensor,
  type OutputTensors,
} from '../../quantization/interpreter/integerNetwork.js';
import { fixedMultiplier } from '../../quantization/interpreter/fixedPoint.js';
import { checkNetwork } from '../checkNetwork.js';
import type { FloatNetwork, FloatOperation } from '../floatNetwork.js';
import { kernelFrom } from './operations.js';
import type { OperatorName } from './schema.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tfliteFile.js';

/** A .tflite file's network: of floats or of integers, whatever it takes and gives. */
export type TfliteNetwork =
  | { readonly precision: 'float32'; readonly network: FloatNetwork }
  | { readonly precision: 'int8'; readonly network: IntegerNetwork };

/**
 * The network that `floatTflite` or `integerTflite` made a file of.
 *
 * @param answer what the file's output is; it has one
 * @throws RangeError for a file of another origin that has what those do not write, or whose parts do not fit
 */
export function networkOfTflite(model: TfliteModel, answer: keyof OutputTensors = 'scores'): TfliteNetwork {
  const network = read(model, answer);
  checkNetwork(network.network);
  return network;
}

function read(model: TfliteModel, answer: keyof OutputTensors): TfliteNetwork {
  // Conversions at input and output and a last reshape change no value.
  const inner = model.operators.filter(computes);
  if (inner.length === 0) throw new RangeError('it has no layers');
  const rims = rimsOf(model);
  const withoutRim = (tensor: number) => rims.get(tensor)?.input ?? tensor;
  // A file numbers constants and conversions as well. A network has only what operators compute, in their order, behind
  // its input, which the first operator reads.
  const first = inner[0]!.inputs[0];
  const written = inner.flatMap(({ outputs }) => outputs.slice(0, 1));
  const numbers = new Map(
    [...(first === undefined ? [] : [withoutRim(first)]), ...written].map((tensor, i) => [tensor, i]),
  );
  if (numbers.size !== inner.length + 1) throw new RangeError('two layers write to one place');
  const tensors = [...numbers.keys()].map((tensor) => tensorOf(model, tensor));
  const number = (tensor: number | undefined) => {
    const found = tensor === undefined ? undefined : numbers.get(withoutRim(tensor));
    if (found === undefined) throw new RangeError('a layer reads what no earlier layer has written');
    return found;
  };
  const outputs = { [answer]: number(inner.at(-1)!.outputs[0]) };
  const integers = tensors[0]!.type === 'int8';
  if (!integers) {
    const make = floatMaker(model, number, rims);
    const operations = inner.map((operator) => READERS[operator.op](operator, make));
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
    const [scale, zeroPoint] = [quantization.scales[0]!, quantization.zeroPoints[0] ?? NaN];
    if (!(scale > 0 && scale < Infinity && zeroPoint >= -128 && zeroPoint <= 127))
      throw new RangeError(`${name} has a scale of ${scale} from ${zeroPoint}`);
    return { name, shape: mapOf(shape), scale, zeroPoint };
  });
  const make = integerMaker(model, number, scaled);
  const operations = inner.map((operator) => READERS[operator.op](operator, make));
  // Of all 256 levels: minimum and maximum are the real values of the first and the last.
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

function tensorOf({ tensors }: TfliteModel, number: number | undefined): TfliteTensor {
  const tensor = number === undefined ? undefined : tensors[number];
  if (!tensor) throw new RangeError('a layer reads or writes what the file does not have');
  return tensor;
}

/** A constant. @throws RangeError where it is none, or one of another type */
function valuesOf<T extends NonNullable<TfliteTensor['data']>>(
  model: TfliteModel,
  number: number | undefined,
  type: new (length: number) => T,
): TfliteTensor & { readonly data: T } {
  const tensor = tensorOf(model, number);
  if (!(tensor.data instanceof type)) throw new RangeError(`${tensor.name} is not a constant of ${type.name}`);
  return { ...tensor, data: tensor.data };
}

/** Everything but what changes no value, and rims, which belong to the window that goes over them. */
type Computing = Exclude<OperatorName, Aside>;
type Aside = 'quantize' | 'dequantize' | 'reshape' | 'pad' | 'padV2';
const ASIDE: ReadonlySet<OperatorName> = new Set<Aside>(['quantize', 'dequantize', 'reshape', 'pad', 'padV2']);

function computes(operator: TfliteOperator): operator is TfliteOperator & { readonly op: Computing } {
  return !ASIDE.has(operator.op);
}

/** By the tensor of a map with its rim. */
type Rims = ReadonlyMap<number, { readonly input: number; readonly padding: Padding }>;

/** @throws RangeError for a rim of batch or channels, or one that is not known */
function rimsOf({ operators, tensors }: TfliteModel): Rims {
  return new Map(
    operators
      .filter(({ op }) => op === 'pad' || op === 'padV2')
      .map(({ inputs, outputs }) => {
        const amounts = tensors[inputs[1]!]?.data;
        const [n0, n1, top, bottom, left, right, c0, c1] = Array.from(amounts ?? []);
        if (amounts?.length !== 8 || n0 || n1 || c0 || c1 || amounts.some((n) => n < 0 || n > 1023))
          throw new RangeError('it has a rim of another kind');
        return [
          outputs[0]!,
          { input: inputs[0]!, padding: { top: top!, bottom: bottom!, left: left!, right: right! } },
        ];
      }),
  );
}

const NO_RIM: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

/** Makes operations in float or in integers of operators. */
interface Maker<Made extends FloatOperation | IntegerOperation> {
  layer(op: KernelNode['op'], operator: TfliteOperator): Made;
  sum(op: SumNode['op'], operator: TfliteOperator): Made;
  pool(op: PoolNode['op'], operator: TfliteOperator): Made;
  floatOnly(op: FloatNode['op'], operator: TfliteOperator): Made;
  /** Whether a pooling is one of the whole map. */
  covers(operator: TfliteOperator): boolean;
}

type Reader = <Made extends FloatOperation | IntegerOperation>(operator: TfliteOperator, make: Maker<Made>) => Made;

/** The operation that each operator was written for. */
const READERS: Readonly<Record<Computing, Reader>> = {
  conv2d: (operator, make) => make.layer('conv2d', operator),
  depthwiseConv2d: (operator, make) => make.layer('depthwiseConv2d', operator),
  fullyConnected: (operator, make) => make.layer('dense', operator),
  add: (operator, make) => make.sum('add', operator),
  averagePool2d(operator, make) {
    if (!make.covers(operator)) throw new RangeError('it has a mean of a part of the map');
    return make.pool('globalAveragePool', operator);
  },
  maxPool2d: (operator, make) =>
    make.covers(operator) ? make.pool('globalMaxPool', operator) : make.floatOnly('maxPool', operator),
  prelu: (operator, make) => make.floatOnly('prelu', operator),
  logistic: (operator, make) => make.floatOnly('sigmoid', operator),
  mul: (operator, make) => make.floatOnly('multiply', operator),
  concatenation: (operator, make) => make.floatOnly('concat', operator),
  l2Normalization: (operator, make) => make.floatOnly('l2Normalize', operator),
};

/** A filter of the map's own height and width. */
function coversMap({ inputs, filter }: TfliteOperator, model: TfliteModel): boolean {
  const [, height, width] = tensorOf(model, inputs[0]).shape;
  return filter?.[0] === height && filter?.[1] === width;
}

type Numbers = (tensor: number | undefined) => number;

/**
 * What operations of all kinds have. An operation is named after its output tensor, which is that of the last node that
 * was joined to it, such as its ReLU6.
 */
function common({ inputs, outputs }: TfliteOperator, model: TfliteModel, number: Numbers) {
  return { name: tensorOf(model, outputs[0]).name, input: number(inputs[0]), output: number(outputs[0]) };
}

function floatMaker(model: TfliteModel, number: Numbers, rims: Rims): Maker<FloatOperation> {
  const paddingOf = ({ inputs }: TfliteOperator) => rims.get(inputs[0]!)?.padding ?? NO_RIM;
  return {
    layer(op, operator) {
      const { inputs, stride = 1, relu6 = false } = operator;
      const kernel = valuesOf(model, inputs[1], Float32Array);
      const { kernelShape, weights } = kernelFrom(op, kernel.data, requireShape(kernel));
      const shared = { op, ...common(operator, model, number), stride, relu6, kernelShape };
      const padding = operator.padding === 'valid' && { padding: paddingOf(operator) };
      return { ...shared, ...padding, weights, bias: valuesOf(model, inputs[2], Float32Array).data };
    },
    sum(op, operator) {
      const { inputs, relu6 = false } = operator;
      return { op, ...common(operator, model, number), other: number(inputs[1]), relu6 };
    },
    pool: (op, operator) => ({ op, ...common(operator, model, number) }),
    covers: (operator) => coversMap(operator, model) && !rims.has(operator.inputs[0]!),
    floatOnly(op, operator) {
      const { inputs, stride = 1, filter = [1, 1] } = operator;
      const shared = common(operator, model, number);
      if (op === 'prelu') return { op, ...shared, slopes: valuesOf(model, inputs[1], Float32Array).data };
      if (op === 'multiply' || op === 'concat') return { op, ...shared, other: number(inputs[1]) };
      if (op === 'maxPool') return { op, ...shared, kernelSize: filter[0], stride, padding: paddingOf(operator) };
      return { op, ...shared };
    },
  };
}

/**
 * What a file does not hold is computed as the converter computes it: a ReLU6 as the lowest and highest integer, the
 * scales of input, kernel and output as fixed-point factors.
 */
function integerMaker(model: TfliteModel, number: Numbers, scaled: IntegerNetwork['tensors']): Maker<IntegerOperation> {
  const clampOf = ({ relu6 }: TfliteOperator, y: IntegerTensor): Clamp =>
    relu6 ? reluClamp(y) : { lowest: -128, highest: 127, relu6: false };
  return {
    layer(op, operator) {
      const { inputs, stride = 1, padding } = operator;
      if (padding === 'valid') throw new RangeError('it has integers without padding');
      const shared = { op, ...common(operator, model, number), stride };
      const [x, y] = [scaled[shared.input]!, scaled[shared.output]!];
      const kernel = valuesOf(model, inputs[1], Int8Array);
      const weightScales = kernel.quantization?.scales ?? new Float32Array();
      return {
        ...{ ...shared, ...kernelFrom(op, kernel.data, requireShape(kernel)), weightScales },
        ...clampOf(operator, y),
        bias: valuesOf(model, inputs[2], Int32Array).data,
        multipliers: Array.from(weightScales, (scale) => fixedMultiplier((x.scale * scale) / y.scale)),
      };
    },
    sum(op, operator) {
      const shared = { op, ...common(operator, model, number), other: number(operator.inputs[1]) };
      const [x, other, y] = [scaled[shared.input]!, scaled[shared.other]!, scaled[shared.output]!];
      return { ...shared, ...clampOf(operator, y), ...addMultipliers(x.scale, other.scale, y.scale) };
    },
    pool: (op, operator) => ({ op, ...common(operator, model, number) }),
    covers: (operator) => coversMap(operator, model),
    floatOnly(op) {
      throw new RangeError(`it has a ${op} of integers`);
    },
  };
}

/** Asked before the kernel is turned to a graph's layout, which takes as many steps as its shape says. */
function requireShape({
  name,
  shape,
  data,
}: TfliteTensor & { readonly data: { readonly length: number } }): readonly number[] {
  if (data.length === 0 || shape.some((n) => n < 1) || sizeOf(shape) !== data.length)
    throw new RangeError(`${name} has ${data.length} numbers for [${shape.join()}]`);
  return shape;
}

/** [1, H, W, C] → [H, W, C], [1, C] → [1, 1, C]. */
function mapOf(shape: readonly number[]): Shape {
  return shape.length === 4 ? [shape[1]!, shape[2]!, shape[3]!] : [1, 1, shape.at(-1) ?? 0];
}
