import type { Shape } from '../../graph/graph.js';
import type { ComputedNode, KernelNode, PoolNode } from '../../graph/operations.js';
import type { IntegerOperations } from '../../quantization/interpreter/integerNetwork.js';
import type { FloatOperations } from '../floatNetwork.js';
import type { TfliteOperator } from './tfliteFile.js';

/** Operations in float or in integers, by what they do. */
type Operations = FloatOperations | IntegerOperations;

/** What an operation reads. */
export interface Operands<All extends Operations> {
  /** [H, W, C]. */
  readonly shapeOf: (tensor: number) => Shape;
  /** Adds a layer's constants, in TFLite's layout (`kernelOf`), and returns the numbers of their tensors. */
  readonly kernel: (layer: All[KernelNode['op']]) => readonly [kernel: number, bias: number];
}

type Writer<Op extends ComputedNode['op']> = <All extends Operations>(
  operation: All[Op],
  operands: Operands<All>,
) => TfliteOperator;

/**
 * How each operation is written; tensors keep their numbers. An operator's inputs count by place: map, kernel, bias.
 * Where a network is in int8, a pooling's input and output have one scale and zero point, which TFLite's specification
 * demands.
 */
const WRITERS: { readonly [Op in ComputedNode['op']]: Writer<Op> } = {
  conv2d: (layer, operands) => withKernel('conv2d', layer, operands),
  depthwiseConv2d: (layer, operands) => withKernel('depthwiseConv2d', layer, operands),
  dense: (layer, operands) => withKernel('fullyConnected', layer, operands),
  add: ({ input, other, output, relu6 }) => ({ op: 'add', inputs: [input, other], outputs: [output], relu6 }),
  globalAveragePool: (pool, operands) => pooling('averagePool2d', pool, operands),
  globalMaxPool: (pool, operands) => pooling('maxPool2d', pool, operands),
};

function writerOf<Op extends ComputedNode['op']>(op: Op): Writer<Op> {
  return WRITERS[op];
}

export function operatorOf<All extends Operations>(
  operation: All[ComputedNode['op']],
  operands: Operands<All>,
): TfliteOperator {
  return writerOf(operation.op)(operation, operands);
}

function withKernel<All extends Operations>(
  op: TfliteOperator['op'],
  layer: All[KernelNode['op']],
  { kernel }: Operands<All>,
): TfliteOperator {
  const { input, output, stride, relu6 } = layer;
  return { op, inputs: [input, ...kernel(layer)], outputs: [output], stride, relu6 };
}

/** The filter is as large as the map. */
function pooling<All extends Operations>(
  op: TfliteOperator['op'],
  { input, output }: All[PoolNode['op']],
  { shapeOf }: Operands<All>,
): TfliteOperator {
  const [height, width] = shapeOf(input);
  return { op, inputs: [input], outputs: [output], filter: [height, width] };
}

/**
 * A kernel in TFLite's layout, row-major. `dimension` is the one of the output channels, which has the scales: TFLite's
 * 8-bit quantization specification wants 0 for CONV_2D and 3 for DEPTHWISE_CONV_2D.
 */
interface TfliteKernel<T> {
  readonly shape: readonly number[];
  readonly values: T;
  readonly dimension: number;
}

/** From a graph's layout and back to it: `from` gives what `to` was given. */
interface Layout {
  to<T extends Float32Array | Int8Array>(values: T, shape: readonly number[]): TfliteKernel<T>;
  from<T extends Float32Array | Int8Array>(values: T, shape: readonly number[]): GraphKernel<T>;
}
interface GraphKernel<T> {
  readonly kernelShape: readonly number[];
  readonly weights: T;
}

/**
 * TFLite's kernels make each output by a dot product, whose factors lie side by side when its channel comes first; a
 * graph has Keras' layout with it last. The output channels go from the end of the shape to its beginning: a transposed
 * matrix of [inputs, Cout].
 */
const outputsFirst: Layout = {
  to(values, shape) {
    const outC = shape.at(-1)!;
    return {
      shape: [outC, ...shape.slice(0, -1)],
      values: transposed(values, values.length / outC, outC),
      dimension: 0,
    };
  },
  from(values, shape) {
    const outC = shape[0]!;
    return { kernelShape: [...shape.slice(1), outC], weights: transposed(values, outC, values.length / outC) };
  },
};

const LAYOUTS: { readonly [Op in KernelNode['op']]: Layout } = {
  /** [kH, kW, Cin, Cout] → [Cout, kH, kW, Cin] */
  conv2d: outputsFirst,
  /** [kH, kW, C, 1] → [1, kH, kW, C], the same values in the same order */
  depthwiseConv2d: {
    to: (values, [kH = 1, kW = 1, channels = 1]) => ({ shape: [1, kH, kW, channels], values, dimension: 3 }),
    from: (weights, [, kH = 1, kW = 1, channels = 1]) => ({ kernelShape: [kH, kW, channels, 1], weights }),
  },
  /** [Cin, Cout] → [Cout, Cin] */
  dense: outputsFirst,
};

export function kernelOf<T extends Float32Array | Int8Array>(
  op: KernelNode['op'],
  values: T,
  shape: readonly number[],
): TfliteKernel<T> {
  return LAYOUTS[op].to(values, shape);
}

/** What `kernelOf` made a kernel of. */
export function kernelFrom<T extends Float32Array | Int8Array>(
  op: KernelNode['op'],
  values: T,
  shape: readonly number[],
): GraphKernel<T> {
  return LAYOUTS[op].from(values, shape);
}

/** [rows, columns] → [columns, rows] */
function transposed<T extends Float32Array | Int8Array>(values: T, rows: number, columns: number): T {
  const moved = values.slice() as T;
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) moved[c * rows + r] = values[r * columns + c]!;
  return moved;
}
