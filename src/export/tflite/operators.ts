import type { Offset } from 'flatbuffers';
import type { FlatTables } from './flatTables.js';
import { ACTIVATION, OPTIONS, PADDING, TABLES, type OperatorName } from './schema.js';

/** What an operator computes by beside its tensors. */
export interface OperatorOptions {
  readonly stride?: number;
  /** `same` when absent. */
  readonly padding?: 'same' | 'valid';
  readonly relu6?: boolean;
  /** Of a pooling: height and width. */
  readonly filter?: readonly [number, number];
  /** Of a reshape. */
  readonly shape?: readonly number[];
  /** What negative values are multiplied with by LEAKY_RELU. */
  readonly slope?: number;
}

/**
 * Reads the fields of a table by their numbers; a field that is not there has its default, 0. Fields with another
 * default, such as dilations, cannot be read with it.
 */
export interface Fields {
  readonly int8: (id: number) => number;
  readonly int32: (id: number) => number;
  readonly float32: (id: number) => number;
}

interface Operator {
  /**
   * The lowest version that has the types, as TensorFlow's converter chooses it (`GetBuiltinOperatorVersion` in
   * lite/tools/versioning/op_version.cc). A runtime refuses one that it does not know ("Didn't find op for builtin
   * opcode … version …"), so a higher one only shuts out older runtimes.
   */
  readonly version: { readonly float32: number; readonly int8: number };
  /** Of the union BuiltinOptions. A runtime that finds another type than it expects takes the options for absent. */
  readonly options: number;
  readonly write: (options: OperatorOptions, tables: FlatTables) => Offset;
  /** As much as a network is made of. */
  read(fields: Fields): OperatorOptions;
}

/**
 * A convolution's fields; a depthwise one has `depthMultiplier` besides, output channels for each input channel, which
 * runtimes since TensorFlow 2.1 take from the kernel's shape. With SAME padding a side of n becomes ceil(n / stride),
 * and an odd row or column of zeros goes to the bottom or right.
 */
function convolution(layout: typeof TABLES.conv2d | typeof TABLES.depthwiseConv2d): Pick<Operator, 'write' | 'read'> {
  return {
    write: ({ stride = 1, padding = 'same', relu6 }, tables) =>
      tables.table(layout, (t) => {
        const { builder } = tables;
        builder.addFieldInt8(t.padding, PADDING[padding], 0);
        builder.addFieldInt32(t.strideW, stride, 0);
        builder.addFieldInt32(t.strideH, stride, 0);
        if ('depthMultiplier' in t) builder.addFieldInt32(t.depthMultiplier, 1, 0);
        builder.addFieldInt8(t.activation, activationOf(relu6), 0);
      }),
    read: ({ int8, int32 }) => ({
      stride: int32(layout.strideW),
      padding: paddingOf(int8(layout.padding)),
      relu6: int8(layout.activation) === ACTIVATION.relu6,
    }),
  };
}

/** An activation and nothing else. */
function activated(
  layout: (typeof TABLES)['fullyConnected' | 'add' | 'mul' | 'l2Norm'],
): Pick<Operator, 'write' | 'read'> {
  return {
    write: ({ relu6 }, tables) =>
      tables.table(layout, (t) => tables.builder.addFieldInt8(t.activation, activationOf(relu6), 0)),
    read: ({ int8 }) => ({ relu6: int8(layout.activation) === ACTIVATION.relu6 }),
  };
}

/** With VALID padding; of a filter of the whole map [H, W] one value a channel is left, whatever the stride. */
const pooling: Pick<Operator, 'options' | 'write' | 'read'> = {
  options: OPTIONS.pool2d,
  write: ({ filter, stride = 1 }, tables) =>
    tables.table(TABLES.pool2d, (t) => {
      const { builder } = tables;
      builder.addFieldInt8(t.padding, PADDING.valid, 0);
      builder.addFieldInt32(t.strideW, stride, 0);
      builder.addFieldInt32(t.strideH, stride, 0);
      builder.addFieldInt32(t.filterWidth, filter![1], 0);
      builder.addFieldInt32(t.filterHeight, filter![0], 0);
    }),
  read: ({ int8, int32 }) => ({
    stride: int32(TABLES.pool2d.strideW),
    padding: paddingOf(int8(TABLES.pool2d.padding)),
    filter: [int32(TABLES.pool2d.filterHeight), int32(TABLES.pool2d.filterWidth)],
  }),
};

/** Maps [N, H, W, C] side by side. */
const sideBySide: Pick<Operator, 'write' | 'read'> = {
  write: (_, tables) => tables.table(TABLES.concatenation, (t) => tables.builder.addFieldInt32(t.axis, 3, 0)),
  read: () => ({}),
};

/** Options without fields, or none. */
const empty: Pick<Operator, 'write' | 'read'> = {
  write: (_, tables) => tables.table({ fields: 0 }, () => undefined),
  read: () => ({}),
};

export const OPERATORS: Readonly<Record<OperatorName, Operator>> = {
  add: { version: { float32: 1, int8: 2 }, options: OPTIONS.add, ...activated(TABLES.add) },
  averagePool2d: { version: { float32: 1, int8: 2 }, ...pooling },
  concatenation: { version: { float32: 1, int8: 2 }, options: OPTIONS.concatenation, ...sideBySide },
  conv2d: { version: { float32: 1, int8: 3 }, options: OPTIONS.conv2d, ...convolution(TABLES.conv2d) },
  depthwiseConv2d: {
    version: { float32: 1, int8: 3 },
    options: OPTIONS.depthwiseConv2d,
    ...convolution(TABLES.depthwiseConv2d),
  },
  dequantize: { version: { float32: 1, int8: 2 }, options: OPTIONS.dequantize, ...empty },
  fullyConnected: {
    version: { float32: 1, int8: 4 },
    options: OPTIONS.fullyConnected,
    ...activated(TABLES.fullyConnected),
  },
  l2Normalization: { version: { float32: 1, int8: 2 }, options: OPTIONS.l2Norm, ...activated(TABLES.l2Norm) },
  leakyRelu: {
    version: { float32: 1, int8: 2 },
    options: OPTIONS.leakyRelu,
    write: ({ slope }, tables) =>
      tables.table(TABLES.leakyRelu, (t) => tables.builder.addFieldFloat32(t.alpha, slope!, 0)),
    read: ({ float32 }) => ({ slope: float32(TABLES.leakyRelu.alpha) }),
  },
  logistic: { version: { float32: 1, int8: 2 }, options: OPTIONS.none, ...empty },
  maxPool2d: { version: { float32: 1, int8: 2 }, ...pooling },
  mul: { version: { float32: 1, int8: 2 }, options: OPTIONS.mul, ...activated(TABLES.mul) },
  pad: { version: { float32: 1, int8: 2 }, options: OPTIONS.pad, ...empty },
  padV2: { version: { float32: 1, int8: 2 }, options: OPTIONS.padV2, ...empty },
  prelu: { version: { float32: 1, int8: 1 }, options: OPTIONS.none, ...empty },
  quantize: { version: { float32: 1, int8: 1 }, options: OPTIONS.quantize, ...empty },
  reshape: {
    version: { float32: 1, int8: 1 },
    options: OPTIONS.reshape,
    // LiteRT takes the shape from the second input, and from here where there is none.
    write: ({ shape }, tables) => {
      const sides = tables.int32s(shape!);
      return tables.table(TABLES.reshape, (t) => tables.builder.addFieldOffset(t.newShape, sides, 0));
    },
    read: () => ({}),
  },
};

function activationOf(relu6: boolean | undefined): number {
  return relu6 ? ACTIVATION.relu6 : ACTIVATION.none;
}

function paddingOf(value: number): 'same' | 'valid' {
  return value === PADDING.valid ? 'valid' : 'same';
}
