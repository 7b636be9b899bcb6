import { quantizeValue } from '../../core/fakeQuantize.js';
import type { Shape } from '../../graph/graph.js';
import type { ComputedNode, ValueNode } from '../../graph/operations.js';
import { pixelTables } from '../../graph/pixelTables.js';
import {
  answerOf,
  type IntegerAdd,
  type IntegerFixed,
  type IntegerLayer,
  type IntegerMultiply,
  type IntegerNetwork,
  type IntegerOperation,
  type IntegerOperations,
  type IntegerPool,
  type IntegerPrelu,
  type IntegerTensor,
} from './integerNetwork.js';
import { ROUNDINGS, type Rounding, type RoundingName } from './roundings.js';

/** Integers of one picture, [H, W, C]. */
type Values = Int8Array;

/**
 * Runs pictures through int8 arithmetic: int8 tensors and int32 sums, brought to the next scale as a runtime does.
 *
 * @param pixels [N, H, W, C], RGB bytes
 * @returns [N, classes]: integers of the output tensor
 */
export function runIntegers(
  network: IntegerNetwork,
  pixels: Uint8Array,
  rounding: RoundingName = 'simulation',
): Int8Array {
  const input = network.tensors[0]!;
  const bytes = input.shape[0] * input.shape[1] * input.shape[2];
  const count = pixels.length / bytes;
  const { scaling } = network;
  const tables = pixelTables({ shape: input.shape, ...(scaling && { scaling }) }).map((table) =>
    Int8Array.from(table, (value) => quantizeValue(value, network.input)),
  );
  const [, , channels] = input.shape;
  const classes = network.tensors[answerOf(network)]!.shape[2];
  const logits = new Int8Array(count * classes);
  for (let image = 0; image < count; image++) {
    const picture = Int8Array.from(
      pixels.subarray(image * bytes, (image + 1) * bytes),
      (byte, i) => tables[i % channels]![byte]!,
    );
    logits.set(runPicture(network, picture, rounding), image * classes);
  }
  return logits;
}

/** @param picture integers of the input tensor, [H, W, C] */
export function runPicture(
  network: IntegerNetwork,
  picture: Int8Array,
  rounding: RoundingName = 'simulation',
): Int8Array {
  const values: Values[] = [];
  values[0] = picture;
  for (const operation of network.operations)
    values[operation.output] = runOperation(network.tensors, operation, values, ROUNDINGS[rounding]);
  return values[answerOf(network)]!;
}

/** @param values integers of the tensors so far */
export function runOperation(
  tensors: readonly IntegerTensor[],
  operation: IntegerOperation,
  values: readonly Values[],
  rounding: Rounding,
): Values {
  return runnerOf(operation.op)(operation, { tensors, values, rounding });
}

interface Pass {
  readonly tensors: readonly IntegerTensor[];
  readonly values: readonly Values[];
  readonly rounding: Rounding;
}
type Computed = (ComputedNode | ValueNode)['op'];
type Runner<Op extends Computed> = (operation: IntegerOperations[Op], pass: Pass) => Values;

const RUNNERS: { readonly [Op in Computed]: Runner<Op> } = {
  conv2d: (operation, pass) => layer(operation, pass, convolve, operation.kernelShape),
  depthwiseConv2d: (operation, pass) => layer(operation, pass, depthwise, operation.kernelShape),
  dense: (operation, pass) => layer(operation, pass, convolve, [1, 1]),
  add,
  globalAveragePool: (operation, pass) =>
    pool(operation, pass, (sum, _, pixels, x) => pass.rounding.mean(sum, pixels, x)),
  globalMaxPool: (operation, pass) => pool(operation, pass, (_, most) => most),
  prelu,
  sigmoid,
  multiply,
  l2Normalize,
};

function runnerOf<Op extends Computed>(op: Op): Runner<Op> {
  return RUNNERS[op];
}

/** Sums of products [H, W, Cout], without the bias. */
type Product = (layer: IntegerLayer, x: Padded, y: Shape, kernelH: number, kernelW: number) => Int32Array;

function layer(
  operation: IntegerLayer,
  { tensors, values, rounding }: Pass,
  product: Product,
  [kernelH = 1, kernelW = 1]: readonly number[],
): Values {
  const [x, y] = [tensors[operation.input]!, tensors[operation.output]!];
  const padded = withBorder(values[operation.input]!, x, y.shape, kernelH, kernelW, operation);
  const sums = product(operation, padded, y.shape, kernelH, kernelW);
  const [, , channels] = y.shape;
  const { bias } = operation;
  const round = rounding.layer(operation, x, y);
  const out = new Int8Array(sums.length);
  for (let i = 0, c = 0; i < sums.length; i++, c = c + 1 === channels ? 0 : c + 1)
    out[i] = clamped(round((sums[i]! + bias[c]!) | 0, c) + y.zeroPoint, operation);
  return out;
}

function clamped(q: number, { lowest, highest }: { readonly lowest: number; readonly highest: number }): number {
  return q < lowest ? lowest : q > highest ? highest : q;
}

/** Differences from the zero point, with the border of a convolution: zeros. */
interface Padded {
  readonly values: Int16Array;
  readonly width: number;
  readonly channels: number;
}

function withBorder(
  values: Values,
  { shape: [height, width, channels], zeroPoint }: IntegerTensor,
  [outH, outW]: Shape,
  kernelH: number,
  kernelW: number,
  { stride, padding }: IntegerLayer,
): Padded {
  // A border beyond the last window is read by none of them.
  const total = (size: number, out: number, kernel: number, before = 0) =>
    Math.max(before, (out - 1) * stride + kernel - size);
  const [rows, columns] = [total(height, outH, kernelH, padding?.top), total(width, outW, kernelW, padding?.left)];
  const [top, left] = padding ? [padding.top, padding.left] : [Math.floor(rows / 2), Math.floor(columns / 2)];
  const wide = width + columns;
  const padded = new Int16Array((height + rows) * wide * channels);
  for (let y = 0; y < height; y++) {
    let to = ((y + top) * wide + left) * channels;
    for (let i = y * width * channels; i < (y + 1) * width * channels; i++) padded[to++] = values[i]! - zeroPoint;
  }
  return { values: padded, width: wide, channels };
}

function convolve(
  { weights, stride }: IntegerLayer,
  { values, width, channels }: Padded,
  [outH, outW, outC]: Shape,
  kernelH: number,
  kernelW: number,
): Int32Array {
  const depth = kernelH * kernelW * channels;
  // Four channels share what they read; the last ones may be too many.
  const groups = Math.ceil(outC / 4);
  const byGroup = new Int8Array(groups * 4 * depth);
  for (let c = 0; c < outC; c++)
    for (let k = 0; k < depth; k++) byGroup[((c >> 2) * depth + k) * 4 + (c & 3)] = weights[k * outC + c]!;
  const sums = new Int32Array(outH * outW * outC);
  const patch = new Int16Array(depth);
  for (let y = 0; y < outH; y++)
    for (let x = 0; x < outW; x++) {
      for (let i = 0; i < kernelH; i++) {
        const from = ((y * stride + i) * width + x * stride) * channels;
        patch.set(values.subarray(from, from + kernelW * channels), i * kernelW * channels);
      }
      const out = (y * outW + x) * outC;
      for (let group = 0, at = 0; group < groups; group++) {
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let k = 0; k < depth; k++, at += 4) {
          const value = patch[k]!;
          s0 = (s0 + Math.imul(value, byGroup[at]!)) | 0;
          s1 = (s1 + Math.imul(value, byGroup[at + 1]!)) | 0;
          s2 = (s2 + Math.imul(value, byGroup[at + 2]!)) | 0;
          s3 = (s3 + Math.imul(value, byGroup[at + 3]!)) | 0;
        }
        const four = [s0, s1, s2, s3];
        for (let c = group * 4; c < Math.min(outC, group * 4 + 4); c++) sums[out + c] = four[c & 3]!;
      }
    }
  return sums;
}

function depthwise(
  { weights, stride }: IntegerLayer,
  { values, width, channels }: Padded,
  [outH, outW]: Shape,
  kernelH: number,
  kernelW: number,
): Int32Array {
  const sums = new Int32Array(outH * outW * channels);
  for (let y = 0; y < outH; y++)
    for (let x = 0; x < outW; x++) {
      const out = (y * outW + x) * channels;
      for (let i = 0; i < kernelH; i++)
        for (let j = 0; j < kernelW; j++) {
          const from = ((y * stride + i) * width + x * stride + j) * channels;
          const tap = (i * kernelW + j) * channels;
          for (let c = 0; c < channels; c++) sums[out + c]! += Math.imul(values[from + c]!, weights[tap + c]!);
        }
    }
  return sums;
}

function add(operation: IntegerAdd, { tensors, values, rounding }: Pass): Values {
  const [first, second] = [values[operation.input]!, values[operation.other]!];
  const output = tensors[operation.output]!;
  const round = rounding.add(operation, tensors[operation.input]!, tensors[operation.other]!, output);
  return Int8Array.from(first, (q, i) => clamped(round(q, second[i]!) + output.zeroPoint, operation));
}

/** @param answer the integer of a channel, of the sum and the largest of its integers over so many pixels */
function pool(
  { input }: IntegerPool,
  { tensors, values }: Pass,
  answer: (sum: number, most: number, pixels: number, x: IntegerTensor) => number,
): Values {
  const [x, from] = [tensors[input]!, values[input]!];
  const [height, width, channels] = x.shape;
  const out = new Int8Array(channels);
  for (let c = 0; c < channels; c++) {
    let [sum, most] = [0, -128];
    for (let i = c; i < from.length; i += channels) {
      sum += from[i]!;
      if (from[i]! > most) most = from[i]!;
    }
    out[c] = answer(sum, most, height * width, x);
  }
  return out;
}

function prelu(operation: IntegerPrelu, { tensors, values, rounding }: Pass): Values {
  const [x, y] = [tensors[operation.input]!, tensors[operation.output]!];
  const round = rounding.prelu(operation, x, y);
  const { slopes } = operation;
  const tables = tablesOf(
    x,
    (channel) => slopes[channel]!,
    (q, channel) => inType(round(q, channel) + y.zeroPoint),
  );
  return values[operation.input]!.map((q, i) => tables(q, i % slopes.length));
}

/**
 * What becomes of the integers of a map, each rounded once for each key: channels with one key have one table.
 *
 * @param of the integer that an integer becomes in a channel
 */
function tablesOf(
  { shape: [, , channels] }: IntegerTensor,
  keyOf: (channel: number) => number,
  of: (q: number, channel: number) => number,
): (q: number, channel: number) => number {
  const known = new Map<number, Int16Array>();
  const tables = Array.from({ length: channels }, (_, channel) => {
    const table = known.get(keyOf(channel)) ?? new Int16Array(256).fill(UNKNOWN);
    known.set(keyOf(channel), table);
    return table;
  });
  return (q, channel) => {
    const table = tables[channel]!;
    const found = table[q + 128]!;
    return found === UNKNOWN ? (table[q + 128] = of(q, channel)) : found;
  };
}

/** No integer of a tensor. */
const UNKNOWN = 1000;

function sigmoid({ input, output }: IntegerFixed<'sigmoid'>, { tensors, values, rounding }: Pass): Values {
  const y = tensors[output]!;
  const table = rounding.sigmoid(tensors[input]!, y).map((steps) => inType(steps + y.zeroPoint));
  return values[input]!.map((q) => table[q + 128]!);
}

function multiply(operation: IntegerMultiply, { tensors, values, rounding }: Pass): Values {
  const [x, other, y] = [operation.input, operation.other, operation.output].map((tensor) => tensors[tensor]!) as [
    IntegerTensor,
    IntegerTensor,
    IntegerTensor,
  ];
  const factors = values[operation.other]!;
  const round = rounding.multiply(operation, x, other, y);
  const tables = tablesOf(
    x,
    (channel) => factors[channel]!,
    (q, channel) => clamped(round(q, factors[channel]!) + y.zeroPoint, operation),
  );
  return values[operation.input]!.map((q, i) => tables(q, i % factors.length));
}

/** A vector: [1, 1, C]. */
function l2Normalize({ input, output }: IntegerFixed<'l2Normalize'>, { tensors, values, rounding }: Pass): Values {
  const [x, y] = [tensors[input]!, tensors[output]!];
  const differences = Int16Array.from(values[input]!, (q) => q - x.zeroPoint);
  return Int8Array.from(rounding.l2Normalize(x, y)(differences), (steps) => inType(steps + y.zeroPoint));
}

function inType(q: number): number {
  return q < -128 ? -128 : q > 127 ? 127 : q;
}
