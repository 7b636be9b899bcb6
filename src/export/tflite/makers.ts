import { sizeOf, type Padding, type Shape } from '../../graph/graph.js';
import type { FloatNode, KernelNode, PoolNode, SumNode } from '../../graph/operations.js';
import { fixedMultiplier } from '../../quantization/interpreter/fixedPoint.js';
import {
  addMultipliers,
  preluMultipliers,
  reluClamp,
  type Clamp,
  type IntegerNetwork,
  type IntegerOperation,
  type IntegerTensor,
} from '../../quantization/interpreter/integerNetwork.js';
import type { FloatOperation } from '../floatNetwork.js';
import { kernelFrom } from './operations.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tfliteFile.js';

/** Makes operations in float or in integers of operators. */
export interface Maker<Made extends FloatOperation | IntegerOperation> {
  layer(op: KernelNode['op'], operator: TfliteOperator): Made;
  sum(op: SumNode['op'], operator: TfliteOperator): Made;
  pool(op: PoolNode['op'], operator: TfliteOperator): Made;
  value(op: FloatNode['op'], operator: TfliteOperator): Made;
  /** Whether a pooling is one of the whole map. */
  covers(operator: TfliteOperator): boolean;
}

/** By the tensor of a map with its rim. */
export type Rims = ReadonlyMap<number, { readonly input: number; readonly padding: Padding }>;

/** @throws RangeError for a rim of batch or channels, or one that is not known */
export function rimsOf({ operators, tensors }: TfliteModel): Rims {
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

export function tensorOf({ tensors }: TfliteModel, number: number | undefined): TfliteTensor {
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

export function floatMaker(model: TfliteModel, number: Numbers, rims: Rims): Maker<FloatOperation> {
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
    value(op, operator) {
      const { inputs, stride = 1, filter = [1, 1] } = operator;
      const shared = common(operator, model, number);
      if (op === 'prelu') {
        if (operator.slope !== undefined) throw new RangeError('it has one slope for all channels');
        return { op, ...shared, slopes: valuesOf(model, inputs[1], Float32Array).data };
      }
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
export function integerMaker(
  model: TfliteModel,
  number: Numbers,
  scaled: IntegerNetwork['tensors'],
  rims: Rims,
): Maker<IntegerOperation> {
  const clampOf = ({ relu6 }: TfliteOperator, y: IntegerTensor): Clamp =>
    relu6 ? reluClamp(y) : { lowest: -128, highest: 127, relu6: false };
  return {
    layer(op, operator) {
      const { inputs, stride = 1 } = operator;
      const padding = operator.padding === 'valid' && { padding: rims.get(inputs[0]!)?.padding ?? NO_RIM };
      const shared = { op, ...common(operator, model, number), stride, ...padding };
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
    value(op, operator) {
      const shared = common(operator, model, number);
      const [x, y] = [scaled[shared.input]!, scaled[shared.output]!];
      switch (op) {
        case 'prelu': {
          const { slopes, slopeScale } = slopesOf(operator, model, x.shape[2]);
          return { op, ...shared, slopes, slopeScale, ...preluMultipliers(x.scale, slopeScale, y.scale) };
        }
        case 'multiply': {
          const other = number(operator.inputs[1]);
          const factor = (x.scale * scaled[other]!.scale) / y.scale;
          return { op, ...shared, other, ...clampOf(operator, y), multiplier: fixedMultiplier(factor) };
        }
        case 'sigmoid':
          requireScale(y, 1 / 256, -128);
          return { op, ...shared };
        case 'l2Normalize':
          requireScale(y, 1 / 128, 0);
          return { op, ...shared };
        default:
          throw new RangeError(`it has a ${op} of integers`);
      }
    },
  };
}

/** Beyond these a file is nothing that was written here: no constant in it says that there are so many. */
const MOST_CHANNELS = 1 << 16;

/** LEAKY_RELU has one slope, of which int8 has 127 parts. */
function slopesOf({ inputs, slope }: TfliteOperator, model: TfliteModel, channels: number) {
  if (slope === undefined) {
    const { data, quantization } = valuesOf(model, inputs[1], Int8Array);
    if (quantization?.scales.length !== 1) throw new RangeError('it has slopes without a scale');
    return { slopes: data, slopeScale: quantization.scales[0]! };
  }
  if (!(channels <= MOST_CHANNELS)) throw new RangeError(`it has a map of ${channels} channels`);
  const slopeScale = Math.fround(Math.abs(slope) / 127);
  // Divided and multiplied again it may be its neighbour.
  const near = [0, 2 ** -23, -(2 ** -23)].map((off) => Math.fround(slopeScale * (1 + off)));
  const exact = near.find((scale) => Math.fround(127 * scale) === Math.abs(slope));
  if (!(slopeScale > 0 && exact !== undefined)) throw new RangeError(`it has a slope of ${slope}`);
  return { slopes: new Int8Array(channels).fill(127 * Math.sign(slope)), slopeScale: exact };
}

/** TFLite's specification leaves no other. */
function requireScale({ name, scale, zeroPoint }: IntegerTensor, wanted: number, zero: number): void {
  if (scale !== wanted || zeroPoint !== zero) throw new RangeError(`${name} has a scale of ${scale} from ${zeroPoint}`);
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
export function mapOf(shape: readonly number[]): Shape {
  return shape.length === 4 ? [shape[1]!, shape[2]!, shape[3]!] : [1, 1, shape.at(-1) ?? 0];
}
