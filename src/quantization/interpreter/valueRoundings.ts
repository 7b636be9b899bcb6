import { roundHalfEven } from '../../core/rounding.js';
import {
  fixedInverseRoot,
  fixedMultiplier,
  multiplyByFixed,
  multiplyByFixedTwice,
  type FixedMultiplier,
} from './fixedPoint.js';
import type { IntegerMultiply, IntegerPrelu, IntegerTensor } from './integerNetwork.js';

// How runtimes round what they compute value by value. Results are steps of the output's scale from its zero point.

/** Of an integer as it stands in its tensor, and its channel. */
export type PreluRounding = (q: number, channel: number) => number;
/** Of two integers as they stand in their tensors. */
export type MultiplyRounding = (first: number, second: number) => number;
/** Of a vector of differences from the zero point. */
export type UnitRounding = (differences: Int16Array) => ArrayLike<number>;

export interface ValueRounding {
  readonly prelu: (prelu: IntegerPrelu, input: IntegerTensor, output: IntegerTensor) => PreluRounding;
  readonly multiply: (
    multiply: IntegerMultiply,
    input: IntegerTensor,
    other: IntegerTensor,
    output: IntegerTensor,
  ) => MultiplyRounding;
  /** By what stands in the input, from −128 to 127. Every runtime has a table of it. */
  readonly sigmoid: (input: IntegerTensor, output: IntegerTensor) => Int32Array;
  readonly l2Normalize: (input: IntegerTensor, output: IntegerTensor) => UnitRounding;
}

const f32 = Math.fround;

/** In fixed point: the slope's integer is multiplied with exactly. */
export function fixedPrelu(multiply: (x: number, by: FixedMultiplier) => number): ValueRounding['prelu'] {
  return ({ slopes, multiplier, slopeMultiplier }, { zeroPoint }) =>
    (q, channel) =>
      q >= zeroPoint
        ? multiply(q - zeroPoint, multiplier)
        : multiply((q - zeroPoint) * slopes[channel]!, slopeMultiplier);
}

/** In float32, value by value, between a dequantizing and a quantizing division; halves to even. */
export const floatPrelu: ValueRounding['prelu'] =
  ({ slopes, slopeScale }, input, output) =>
  (q, channel) => {
    const x = f32((q - input.zeroPoint) * input.scale);
    const y = x > 0 ? x : f32(x * f32(slopes[channel]! * slopeScale));
    return roundHalfEven(f32(y / output.scale));
  };

/** In fixed point: the product of two differences is exact. */
export function fixedMultiply(multiply: (x: number, by: FixedMultiplier) => number): ValueRounding['multiply'] {
  return ({ multiplier }, { zeroPoint: first }, { zeroPoint: second }) =>
    (a, b) =>
      multiply((a - first) * (b - second), multiplier);
}

/** LiteRT's factor is made in float32, that of TensorFlow Lite Micro in float64. */
export const liteRtMultiply: ValueRounding['multiply'] = (multiply, input, other, output) =>
  fixedMultiply(multiplyByFixedTwice)(
    { ...multiply, multiplier: fixedMultiplier(floatFactor(input, other, output)) },
    input,
    other,
    output,
  );

/** The exact product times one factor in float32, halves to even. */
export const floatMultiply: ValueRounding['multiply'] = (_, input, other, output) => {
  const factor = floatFactor(input, other, output);
  return (a, b) => roundHalfEven(f32((a - input.zeroPoint) * (b - other.zeroPoint) * factor));
};

/** The same in ONNX Runtime, which adds the zero point of the unsigned integers before it rounds. */
export const mlasMultiply: ValueRounding['multiply'] = (_, input, other, output) => {
  const factor = floatFactor(input, other, output);
  const zero = output.zeroPoint + 128;
  return (a, b) => roundHalfEven(f32(f32((a - input.zeroPoint) * (b - other.zeroPoint) * factor) + zero)) - zero;
};

function floatFactor(input: IntegerTensor, other: IntegerTensor, output: IntegerTensor): number {
  return f32(f32(input.scale * other.scale) / output.scale);
}

export function sigmoidTable(round: (x: number) => number): ValueRounding['sigmoid'] {
  return (input, output) =>
    Int32Array.from({ length: 256 }, (_, i) => {
      const x = f32((i - 128 - input.zeroPoint) * input.scale);
      return round(1 / (1 + Math.exp(-x)) / output.scale);
    });
}

function squaresOf(differences: Int16Array): number {
  return differences.reduce((sum, x) => sum + x * x, 0);
}

/** Each times 1 / its length, which is the nearest number of 31 bits; halves up. */
export const unit: ValueRounding['l2Normalize'] =
  (_, { scale }) =>
  (differences) => {
    const squares = squaresOf(differences);
    if (squares === 0) return differences;
    const factor = fixedMultiplier(1 / (Math.sqrt(squares) * scale));
    return differences.map((x) => multiplyByFixed(x, factor));
  };

/** The same with TFLite's approximation of the factor, and two roundings. Its scale is 2⁻⁷ always. */
export const inverseRootUnit: ValueRounding['l2Normalize'] = () => (differences) => {
  const { multiplier, shift } = fixedInverseRoot(squaresOf(differences));
  return differences.map((x) => multiplyByFixedTwice(x, { multiplier, shift: shift + 7 }));
};

/** In float32, of the differences themselves, whose squares have an exact sum in any order; halves to even. */
export const floatUnit: ValueRounding['l2Normalize'] = (_, output) => (differences) => {
  const length = f32(Math.sqrt(f32(squaresOf(differences))));
  return Array.from(differences, (x) => (length === 0 ? 0 : roundHalfEven(f32(f32(x / length) / output.scale))));
};
