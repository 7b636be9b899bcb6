import type { Padding, Shape } from '../../graph/graph.js';
import type { ComputedNode, Convolution, KernelNode } from '../../graph/operations.js';
import type { FloatOperations } from '../floatNetwork.js';
import type { IntegerOperations } from '../../quantization/interpreter/integerNetwork.js';
import type { OnnxGraph } from './onnxGraph.js';

/** Operations in float or in integers, by what they do. */
type Operations = FloatOperations | IntegerOperations;

/** What an operation reads, as the names of floats: a network in integers brings them there first. */
export interface Operands<All extends Operations> {
  readonly graph: OnnxGraph;
  /** [H, W, C], as graphs have it. */
  readonly shapeOf: (tensor: number) => Shape;
  /** [N, C, H, W]. */
  readonly map: (tensor: number) => string;
  /** The same without height and width: [N, C]. */
  readonly vector: (tensor: number) => string;
  /** In ONNX' layout (`kernelOf`). */
  readonly kernel: (layer: All[KernelNode['op']]) => readonly [kernel: string, bias: string];
}

/** Adds an operation's node and returns the name of its output, which no ReLU6 has changed yet. */
type Writer<Op extends ComputedNode['op']> = <All extends Operations>(
  operation: All[Op],
  operands: Operands<All>,
) => string;

/**
 * A depthwise convolution is a `Conv` with a group for each channel. `Gemm` is A · B + C with A [N, Cin], B [Cin, Cout]
 * and C [Cout]. Global poolings give [N, C, 1, 1].
 */
const WRITERS: { readonly [Op in ComputedNode['op']]: Writer<Op> } = {
  conv2d: (layer, operands) => convolution(layer, 1, operands),
  depthwiseConv2d: (layer, operands) => convolution(layer, operands.shapeOf(layer.input)[2], operands),
  dense: (layer, operands) =>
    operands.graph.node('Gemm', layer.name, [operands.vector(layer.input), ...operands.kernel(layer)]),
  add: ({ name, input, other }, { graph, map }) => graph.node('Add', name, [map(input), map(other)]),
  globalAveragePool: ({ name, input }, { graph, map }) => graph.node('GlobalAveragePool', name, [map(input)]),
  globalMaxPool: ({ name, input }, { graph, map }) => graph.node('GlobalMaxPool', name, [map(input)]),
};

function writerOf<Op extends ComputedNode['op']>(op: Op): Writer<Op> {
  return WRITERS[op];
}

/** @returns the name of the output, which no ReLU6 has changed yet */
export function writeOperation<All extends Operations>(
  operation: All[ComputedNode['op']],
  operands: Operands<All>,
): string {
  return writerOf(operation.op)(operation, operands);
}

function convolution<All extends Operations>(
  layer: All[Convolution['op']],
  group: number,
  { graph, shapeOf, map, kernel }: Operands<All>,
): string {
  const { name, input, output, stride } = layer;
  const [height, width] = layer.kernelShape as [number, number];
  return graph.node('Conv', name, [map(input), ...kernel(layer)], {
    kernel_shape: [height, width],
    strides: [stride, stride],
    pads:
      'padding' in layer
        ? padsOf(layer.padding)
        : samePadding(shapeOf(input), shapeOf(output), [height, width], stride),
    group,
  });
}

/** As ONNX orders them. */
export function padsOf({ top, bottom, left, right }: Padding): number[] {
  return [top, left, bottom, right];
}

/**
 * Of a SAME convolution, as TensorFlow has it: [top, left, bottom, right], where an odd row or column goes to the
 * bottom or right (ONNX' `SAME_UPPER`). Zero is the real value: on integers a runtime pads with the zero point.
 */
function samePadding(
  [h, w]: Shape,
  [outH, outW]: Shape,
  [kH, kW]: readonly [number, number],
  stride: number,
): number[] {
  const [rows, columns] = [(outH - 1) * stride + kH - h, (outW - 1) * stride + kW - w].map((n) => Math.max(0, n)) as [
    number,
    number,
  ];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return [top, left, rows - top, columns - left];
}

/** A kernel in ONNX' layout, row-major. `axis` is the one of the output channels, which has the scales. */
interface OnnxKernel<T> {
  readonly shape: readonly number[];
  readonly data: T;
  readonly axis: number;
}
type Layout = <T extends Float32Array | Int8Array>(weights: T, kernelShape: readonly number[]) => OnnxKernel<T>;

const LAYOUTS: { readonly [Op in KernelNode['op']]: Layout } = {
  /** [kH, kW, Cin, Cout] → [Cout, Cin, kH, kW] */
  conv2d: (weights, [kH = 1, kW = 1, inC = 1, outC = 1]) => channelsFirst(weights, kH, kW, inC, outC),
  /** [kH, kW, C, 1] → [C, 1, kH, kW] */
  depthwiseConv2d: (weights, [kH = 1, kW = 1, channels = 1]) => channelsFirst(weights, kH, kW, 1, channels),
  /** [Cin, Cout] stays. */
  dense: (data, shape) => ({ shape, data, axis: 1 }),
};

export function kernelOf<T extends Float32Array | Int8Array>(
  op: KernelNode['op'],
  weights: T,
  kernelShape: readonly number[],
): OnnxKernel<T> {
  return LAYOUTS[op](weights, kernelShape);
}

/** [taps, inC, outC] → [outC, inC, taps], where a tap is a place in the kernel: y · kW + x. */
function channelsFirst<T extends Float32Array | Int8Array>(
  weights: T,
  kH: number,
  kW: number,
  inC: number,
  outC: number,
): OnnxKernel<T> {
  const data = weights.slice() as T;
  let from = 0;
  for (let tap = 0; tap < kH * kW; tap++)
    for (let i = 0; i < inC; i++) for (let c = 0; c < outC; c++) data[(c * inC + i) * kH * kW + tap] = weights[from++]!;
  return { shape: [outC, inC, kH, kW], data, axis: 0 };
}
