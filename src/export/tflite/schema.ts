// The part of TFLite's schema (version 3, tensorflow/compiler/mlir/lite/schema/schema.fbs) that is written: the number
// of each field in its table, and the values of the enumerations. A field's number is its place in the schema, where a
// union takes two: its type and, behind that, its table. New fields come last in a table, so none of these numbers ever
// changes.

/** Bytes 4 to 7 of a file, behind the offset of the root table; "TFL" and the version of the schema. */
export const FILE_IDENTIFIER = 'TFL3';
export const SCHEMA_VERSION = 3;

/** `TensorType`. */
export const TENSOR_TYPE = { float32: 0, int32: 2, int8: 9 } as const;
export type TensorType = keyof typeof TENSOR_TYPE;

/** `BuiltinOperator`. */
export const OPERATOR = {
  add: 0,
  averagePool2d: 1,
  concatenation: 2,
  conv2d: 3,
  depthwiseConv2d: 4,
  dequantize: 6,
  fullyConnected: 9,
  l2Normalization: 11,
  logistic: 14,
  maxPool2d: 17,
  mul: 18,
  reshape: 22,
  pad: 34,
  prelu: 54,
  padV2: 60,
  leakyRelu: 98,
  quantize: 114,
} as const;
export type OperatorName = keyof typeof OPERATOR;

/** Of the union BuiltinOptions: the place of each table in it, counted from 1, as 0 is no options. */
export const OPTIONS = {
  none: 0,
  conv2d: 1,
  depthwiseConv2d: 2,
  pool2d: 5,
  fullyConnected: 8,
  concatenation: 10,
  add: 11,
  l2Norm: 12,
  reshape: 17,
  mul: 21,
  pad: 22,
  dequantize: 38,
  padV2: 43,
  leakyRelu: 75,
  quantize: 89,
} as const;

/** `Padding`, `ActivationFunctionType`. Their zeros are the fields' defaults: `same` and `none` leave no trace. */
export const PADDING = { same: 0, valid: 1 } as const;
export const ACTIVATION = { none: 0, relu6: 3 } as const;

/**
 * Of each table: how many fields it has, and the numbers of those that are written. Those left out keep the schema's
 * defaults: 1 for the dilations of a convolution, true for `pot_scale_int16` of a sum (of no effect in int8), nothing
 * or 0 for the rest.
 */
export const TABLES = {
  model: {
    fields: 10,
    version: 0,
    operatorCodes: 1,
    subgraphs: 2,
    description: 3,
    buffers: 4,
    metadata: 6,
    signatureDefs: 7,
  },
  operatorCode: { fields: 4, deprecatedBuiltinCode: 0, version: 2, builtinCode: 3 },
  subGraph: { fields: 6, tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 },
  tensor: { fields: 11, shape: 0, type: 1, buffer: 2, name: 3, quantization: 4 },
  quantization: { fields: 7, scale: 2, zeroPoint: 3, quantizedDimension: 6 },
  buffer: { fields: 3, data: 0 },
  operator: { fields: 14, opcodeIndex: 0, inputs: 1, outputs: 2, builtinOptionsType: 3, builtinOptions: 4 },
  conv2d: { fields: 7, padding: 0, strideW: 1, strideH: 2, activation: 3 },
  depthwiseConv2d: { fields: 7, padding: 0, strideW: 1, strideH: 2, depthMultiplier: 3, activation: 4 },
  fullyConnected: { fields: 6, activation: 0 },
  add: { fields: 2, activation: 0 },
  mul: { fields: 1, activation: 0 },
  leakyRelu: { fields: 1, alpha: 0 },
  l2Norm: { fields: 1, activation: 0 },
  concatenation: { fields: 2, axis: 0, activation: 1 },
  pool2d: { fields: 6, padding: 0, strideW: 1, strideH: 2, filterWidth: 3, filterHeight: 4, activation: 5 },
  reshape: { fields: 1, newShape: 0 },
  metadata: { fields: 2, name: 0, buffer: 1 },
  signatureDef: { fields: 5, inputs: 0, outputs: 1, signatureKey: 2, subgraphIndex: 4 },
  tensorMap: { fields: 2, name: 0, tensorIndex: 1 },
} as const;
