import { roundHalfAwayFromZero, roundHalfEven } from '../../core/rounding.js';
import { multiplyByFixed, multiplyByFixedTwice } from './fixedPoint.js';
import { fixedSigmoid } from './fixedSigmoid.js';
import { PRELU_ROUNDINGS } from './leakyRelu.js';
import { ADD_SHIFT, type IntegerAdd, type IntegerLayer, type IntegerTensor } from './integerNetwork.js';
import { liteRtSigmoid, mlasSigmoid, xnnpackSigmoid } from './sigmoidTables.js';
import {
  fixedMultiply,
  fixedPrelu,
  floatMultiply,
  floatPrelu,
  floatUnit,
  inverseRootUnit,
  liteRtMultiply,
  mlasMultiply,
  sigmoidTable,
  unit,
  type ValueRounding,
} from './valueRoundings.js';

/** A sum of products with its bias, of an output channel → steps of the output's scale from its zero point. */
export type LayerRounding = (sum: number, channel: number) => number;
/** Two integers, as they stand in their tensors → steps of the output's scale from its zero point. */
export type AddRounding = (first: number, second: number) => number;
/** Sum of a channel's integers over a map of so many pixels → the integer of their mean. Both are of one scale. */
export type MeanRounding = (sum: number, pixels: number, tensor: IntegerTensor) => number;

/**
 * How a runtime brings sums to the scale of the next tensor. int8 arithmetic is exact but for this, and no two runtimes do
 * it alike: a value that lies close to the middle between two steps may fall to either side.
 */
export interface Rounding extends ValueRounding {
  readonly layer: (layer: IntegerLayer, input: IntegerTensor, output: IntegerTensor) => LayerRounding;
  readonly add: (add: IntegerAdd, input: IntegerTensor, other: IntegerTensor, output: IntegerTensor) => AddRounding;
  readonly mean: MeanRounding;
}

type Multiply = typeof multiplyByFixed;
const f32 = Math.fround;

function fixedLayer(multiply: Multiply): Rounding['layer'] {
  return ({ multipliers }) =>
    (sum, channel) =>
      multiply(sum, multipliers[channel]!);
}

function fixedAdd(multiply: Multiply): Rounding['add'] {
  return ({ inputMultiplier, otherMultiplier, outputMultiplier }, input, other) => {
    // Of each summand there are 256 values only.
    const scaled = ({ zeroPoint }: IntegerTensor, multiplier: IntegerAdd['inputMultiplier']) =>
      Int32Array.from({ length: 256 }, (_, i) => multiply((i - 128 - zeroPoint) * 2 ** ADD_SHIFT, multiplier));
    const [first, second] = [scaled(input, inputMultiplier), scaled(other, otherMultiplier)];
    return (a, b) => multiply(first[a + 128]! + second[b + 128]!, outputMultiplier);
  };
}

/** Halves away from zero. */
const integerMean: MeanRounding = (sum, pixels) => {
  const half = Math.floor(pixels / 2);
  return Math.trunc((sum > 0 ? sum + half : sum - half) / pixels);
};

/** One product in float32, halves to even. */
const floatLayer: Rounding['layer'] = ({ weightScales }, input, output) => {
  const factors = weightScales.map((scale) => f32(f32(input.scale * scale) / output.scale));
  return (sum, channel) => roundHalfEven(f32(f32(sum) * factors[channel]!));
};

/** Both factors as integers with one shift, such that the larger has 21 bits. */
const xnnpackAdd: Rounding['add'] = (_, input, other, output) => {
  const factors = [input, other].map(({ scale }) => f32(scale / output.scale)) as [number, number];
  const shift = 20 - Math.floor(Math.log2(Math.max(...factors)));
  const [first, second] = factors.map((factor) => roundHalfEven(factor * 2 ** shift)) as [number, number];
  return (a, b) =>
    Math.floor((first * (a - input.zeroPoint) + second * (b - other.zeroPoint) + 2 ** (shift - 1)) / 2 ** shift);
};

/** In float32, with fused multiplications and additions, of unsigned integers; halves to even. */
const mlasAdd: Rounding['add'] = (_, input, other, output) => {
  const [first, second] = [input, other].map(({ scale }) => f32(scale / output.scale)) as [number, number];
  const [firstZero, secondZero, zero] = [input, other, output].map(({ zeroPoint }) => zeroPoint + 128) as [
    number,
    number,
    number,
  ];
  // A product of 8 and 24 bits and a sum of 24 more are exact in float64: rounding them once is what the fused form does.
  const fixed = f32(zero - f32(first * firstZero + f32(second * secondZero)));
  return (a, b) => roundHalfEven(f32(first * (a + 128) + f32(second * (b + 128) + fixed))) - zero;
};

export const ROUNDINGS = {
  /** One fixed-point product, halves up: what training simulates, and one of two forms that TFLite's specification has. */
  simulation: {
    ...{ layer: fixedLayer(multiplyByFixed), add: fixedAdd(multiplyByFixed), mean: integerMean },
    ...{ prelu: fixedPrelu(multiplyByFixed), multiply: fixedMultiply(multiplyByFixed) },
    ...{ sigmoid: sigmoidTable(roundHalfAwayFromZero), l2Normalize: unit },
  },
  /** LiteRT's reference kernels: the high half of the product is rounded, and then once more; not in a dense layer. */
  liteRtReference: {
    layer: (layer, input, output) =>
      fixedLayer(layer.op === 'dense' ? multiplyByFixed : multiplyByFixedTwice)(layer, input, output),
    add: fixedAdd(multiplyByFixedTwice),
    ...{ mean: integerMean, prelu: PRELU_ROUNDINGS.liteRtReference, multiply: liteRtMultiply },
    ...{ sigmoid: liteRtSigmoid, l2Normalize: inverseRootUnit },
  },
  /** TensorFlow Lite Micro's reference kernels: as LiteRT's, and in a dense layer as well. */
  microcontroller: {
    ...{ layer: fixedLayer(multiplyByFixedTwice), add: fixedAdd(multiplyByFixedTwice), mean: integerMean },
    ...{ prelu: PRELU_ROUNDINGS.microcontroller, multiply: fixedMultiply(multiplyByFixedTwice) },
    ...{ sigmoid: fixedSigmoid, l2Normalize: inverseRootUnit },
  },
  /** XNNPACK, which LiteRT computes with unless it is told otherwise; slopes by channel and unit vectors it leaves to LiteRT. */
  xnnpack: {
    ...{ layer: floatLayer, add: xnnpackAdd, mean: integerMean },
    ...{ prelu: PRELU_ROUNDINGS.xnnpack, multiply: floatMultiply },
    ...{ sigmoid: xnnpackSigmoid, l2Normalize: inverseRootUnit },
  },
  /** ONNX Runtime's kernels for x86-64 and ARM (MLAS). */
  onnxRuntime: {
    layer: floatLayer,
    add: mlasAdd,
    mean: (sum, pixels, { scale, zeroPoint }) =>
      roundHalfEven(f32(f32(sum - zeroPoint * pixels) * f32(scale / f32(scale * pixels)))) + zeroPoint,
    ...{ prelu: floatPrelu, multiply: mlasMultiply, sigmoid: mlasSigmoid, l2Normalize: floatUnit },
  },
} as const satisfies Record<string, Rounding>;
export type RoundingName = keyof typeof ROUNDINGS;
