import { quantizeValue } from '../../core/fakeQuantize.js';
import type { Shape } from '../../graph/graph.js';
import { multiplyByFixed, multiplyByFixedTwice } from './fixedPoint.js';
import { ADD_SHIFT, type IntegerAdd, type IntegerLayer, type IntegerNetwork, type IntegerPool, type IntegerTensor } from './integerNetwork.js'; // prettier-ignore

/** Integers of one picture, [H, W, C]. */
type Values = Int8Array;

/**
 * How a sum is brought to the next scale: `once`, as int8 arithmetic is simulated here, or `twice`, as TFLite's reference
 * kernels do in their usual build.
 */
export type Requantization = 'once' | 'twice';
type Multiply = typeof multiplyByFixed;

/**
 * Runs pictures through int8 arithmetic: int8 tensors, int32 sums, fixed-point factors, as TFLite's reference kernels
 * compute. No float takes part between the input and the logits.
 *
 * @param pixels [N, H, W, C], RGB bytes
 * @returns [N, classes]: integers of the output tensor
 */
export function runIntegers(network: IntegerNetwork, pixels: Uint8Array, requantization: Requantization = 'once'): Int8Array {
  const input = network.tensors[0]!;
  const bytes = input.shape[0] * input.shape[1] * input.shape[2];
  const count = pixels.length / bytes;
  const table = Int8Array.from({ length: 256 }, (_, byte) => quantizeValue(Math.fround(byte / 127.5 - 1), network.input));
  const classes = network.tensors[network.output]!.shape[2];
  const logits = new Int8Array(count * classes);
  for (let image = 0; image < count; image++) {
    const picture = Int8Array.from(pixels.subarray(image * bytes, (image + 1) * bytes), (byte) => table[byte]!);
    logits.set(runPicture(network, picture, requantization), image * classes);
  }
  return logits;
} // prettier-ignore

/** @param picture integers of the input tensor, [H, W, C] */
export function runPicture(
  { tensors, operations, output }: IntegerNetwork,
  picture: Int8Array,
  requantization: Requantization = 'once',
): Int8Array {
  const multiply = requantization === 'once' ? multiplyByFixed : multiplyByFixedTwice;
  const values: Values[] = [];
  values[0] = picture;
  for (const operation of operations) {
    const [x, y] = [tensors[operation.input]!, tensors[operation.output]!];
    const from = values[operation.input]!;
    switch (operation.op) {
      case 'conv2d':
      case 'depthwiseConv2d':
      case 'dense':
        values[operation.output] = layer(operation, x, y, from, multiply);
        break;
      case 'add':
        values[operation.output] = add(operation, tensors, from, values[operation.other]!, multiply);
        break;
      case 'globalAveragePool':
      case 'globalMaxPool':
        values[operation.output] = pool(operation, x.shape, from);
    }
  }
  return values[output]!;
}

function layer(
  operation: IntegerLayer,
  x: IntegerTensor,
  y: IntegerTensor,
  values: Values,
  multiply: Multiply,
): Values {
  const [kernelH, kernelW] = operation.op === 'dense' ? [1, 1] : (operation.kernelShape as [number, number]);
  const padded = withBorder(values, x, y.shape, kernelH, kernelW, operation.stride);
  const sums = operation.op === 'depthwiseConv2d' ? depthwise(operation, padded, y.shape, kernelH, kernelW) : convolve(operation, padded, y.shape, kernelH, kernelW); // prettier-ignore
  const [, , channels] = y.shape;
  const { bias, multipliers, lowest, highest } = operation;
  const out = new Int8Array(sums.length);
  for (let i = 0, c = 0; i < sums.length; i++, c = c + 1 === channels ? 0 : c + 1) {
    const q = multiply((sums[i]! + bias[c]!) | 0, multipliers[c]!) + y.zeroPoint;
    out[i] = q < lowest ? lowest : q > highest ? highest : q;
  }
  return out;
}

/** Differences from the zero point, with the border of a SAME convolution: zeros. */
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
  stride: number,
): Padded {
  const total = (size: number, out: number, kernel: number) => Math.max(0, (out - 1) * stride + kernel - size);
  const [rows, columns] = [total(height, outH, kernelH), total(width, outW, kernelW)];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
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
  const byChannel = new Int16Array(outC * depth);
  for (let k = 0; k < depth; k++) for (let c = 0; c < outC; c++) byChannel[c * depth + k] = weights[k * outC + c]!;
  const sums = new Int32Array(outH * outW * outC);
  const patch = new Int16Array(depth);
  for (let y = 0, o = 0; y < outH; y++)
    for (let x = 0; x < outW; x++) {
      for (let i = 0; i < kernelH; i++) {
        const from = ((y * stride + i) * width + x * stride) * channels;
        patch.set(values.subarray(from, from + kernelW * channels), i * kernelW * channels);
      }
      for (let c = 0, at = 0; c < outC; c++) {
        let sum = 0;
        for (let k = 0; k < depth; k++) sum = (sum + Math.imul(patch[k]!, byChannel[at++]!)) | 0;
        sums[o++] = sum;
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

function add(
  operation: IntegerAdd,
  tensors: readonly IntegerTensor[],
  a: Values,
  b: Values,
  multiply: Multiply,
): Values {
  const { inputMultiplier, otherMultiplier, outputMultiplier, lowest, highest } = operation;
  // Of each summand there are 256 values only.
  const scaled = (tensor: IntegerTensor, multiplier: IntegerAdd['inputMultiplier']) =>
    Int32Array.from({ length: 256 }, (_, i) => multiply((i - 128 - tensor.zeroPoint) * 2 ** ADD_SHIFT, multiplier));
  const first = scaled(tensors[operation.input]!, inputMultiplier);
  const second = scaled(tensors[operation.other]!, otherMultiplier);
  const { zeroPoint } = tensors[operation.output]!;
  const out = new Int8Array(a.length);
  for (let i = 0; i < a.length; i++) {
    const q = multiply(first[a[i]! + 128]! + second[b[i]! + 128]!, outputMultiplier) + zeroPoint;
    out[i] = q < lowest ? lowest : q > highest ? highest : q;
  }
  return out;
}

function pool({ op }: IntegerPool, [height, width, channels]: Shape, values: Values): Values {
  const pixels = height * width;
  const out = new Int8Array(channels);
  for (let c = 0; c < channels; c++) {
    let [sum, most] = [0, -128];
    for (let i = c; i < values.length; i += channels) {
      sum += values[i]!;
      if (values[i]! > most) most = values[i]!;
    }
    // Halves away from zero.
    const half = Math.floor(pixels / 2);
    out[c] = op === 'globalMaxPool' ? most : Math.trunc((sum > 0 ? sum + half : sum - half) / pixels);
  }
  return out;
}
