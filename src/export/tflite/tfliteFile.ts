import { Builder, type Offset } from 'flatbuffers';
import { sizeOf } from '../../graph/graph.js';
import { FlatTables } from './flatTables.js';
import { OPERATORS, type OperatorOptions } from './operators.js';
import {
  FILE_IDENTIFIER,
  OPERATOR,
  OPTIONS,
  SCHEMA_VERSION,
  TABLES,
  TENSOR_TYPE,
  type OperatorName,
  type TensorType,
} from './schema.js';

export interface TfliteTensor {
  readonly name: string;
  /** With the batch, 1: [1, H, W, C] of a map, [1, C] of a vector; a constant's own. */
  readonly shape: readonly number[];
  readonly type: TensorType;
  /** Row-major, little-endian; absent for what is computed. */
  readonly data?: Float32Array | Int8Array | Int32Array;
  /** real = scale · (q − zero point): one of both, or one for each index of a dimension (`quantized_dimension`). */
  readonly quantization?: {
    readonly scales: Float32Array;
    readonly zeroPoints: readonly number[];
    readonly dimension: number;
  };
}

export interface TfliteOperator extends OperatorOptions {
  readonly op: OperatorName;
  /** Numbers of tensors. Which is which goes by place: a convolution or dense layer has map, kernel, bias. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface TfliteModel {
  /** The network's name: the format has no field of its own for that. */
  readonly description: string;
  readonly tensors: readonly TfliteTensor[];
  /** In the order in which they run: a runtime does not sort them. */
  readonly operators: readonly TfliteOperator[];
  readonly input: number;
  readonly output: number;
  /** By name: labels and preprocessing. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/**
 * The bytes of a .tflite file. The same model gives the same bytes.
 *
 * @throws RangeError where the model breaks an invariant of the format: see `check`
 */
export function tfliteFile(model: TfliteModel): Uint8Array {
  check(model);
  return new Writer(model).write();
}

/**
 * Everything that a runtime relies on, before a byte is written: it divides by scales and runs operators in their
 * order, so that a wrong file may load and compute nonsense.
 *
 * @throws RangeError saying what is wrong
 */
function check({ tensors, operators, input, output }: TfliteModel): void {
  const refuse = (what: string) => {
    throw new RangeError(`not a TFLite file: ${what}`);
  };
  for (const { name, shape, data, quantization, type } of tensors) {
    if (shape.some((n) => !Number.isInteger(n) || n < 1)) refuse(`${name} has the shape [${shape.join()}]`);
    if (data && data.length !== sizeOf(shape)) refuse(`${name} has ${data.length} values, not ${sizeOf(shape)}`);
    if (data instanceof Float32Array && !data.every(Number.isFinite))
      refuse(`${name} holds numbers that are not finite`);
    if (type === 'int8' && !quantization) refuse(`${name} holds integers without a scale`);
    if (!quantization) continue;
    const { scales, zeroPoints, dimension } = quantization;
    const wanted = scales.length === 1 ? 1 : shape[dimension];
    if (scales.length !== wanted || zeroPoints.length !== scales.length) refuse(`${name} has ${scales.length} scales`);
    if (!scales.every((scale) => scale > 0 && Number.isFinite(scale)))
      refuse(`${name} has a scale that is not positive and finite`);
  }
  const computed = new Set([input]);
  for (const { op, inputs, outputs } of operators) {
    for (const i of inputs)
      if (!tensors[i]?.data && !computed.has(i)) refuse(`${op} reads a tensor that nothing has written`);
    for (const o of outputs) {
      if (!tensors[o] || tensors[o].data || computed.has(o)) refuse(`${op} writes a tensor that is already written`);
      computed.add(o);
    }
  }
  if (!computed.has(output)) refuse('nothing writes the output');
}

class Writer extends FlatTables {
  /** Vectors of zero points, by their values. */
  private readonly written = new Map<string, Offset>();

  constructor(private readonly model: TfliteModel) {
    super(new Builder(1 << 20));
  }

  write(): Uint8Array {
    const { builder, model } = this;
    const metadata = [...model.metadata];
    // Buffer 0 is empty: what has no data points there. Behind it come the constants, in the order of their tensors,
    // and the metadata: `next` and `next + i` below count along.
    const blobs = [
      undefined,
      ...model.tensors.flatMap(({ data }) => (data ? [bytesOf(data)] : [])),
      ...metadata.map(([, bytes]) => bytes),
    ];
    const buffers = this.offsets(blobs.map((bytes) => this.buffer(bytes)));
    let next = 1;
    const tensors = model.tensors.map((tensor) => this.tensor(tensor, tensor.data ? next++ : 0));
    const entries = this.offsets(metadata.map(([name], i) => this.metadata(name, next + i)));
    const codes = this.operatorCodes();
    const subgraph = this.subgraph(this.offsets(tensors), codes);
    const subgraphs = this.offsets([subgraph]);
    const operatorCodes = this.offsets(codes.map(({ op, version }) => this.operatorCode(op, version)));
    const signatures = this.offsets([this.signature()]);
    const description = builder.createString(model.description);
    const root = this.table(TABLES.model, (t) => {
      builder.addFieldInt32(t.version, SCHEMA_VERSION, 0);
      builder.addFieldOffset(t.operatorCodes, operatorCodes, 0);
      builder.addFieldOffset(t.subgraphs, subgraphs, 0);
      builder.addFieldOffset(t.description, description, 0);
      builder.addFieldOffset(t.buffers, buffers, 0);
      builder.addFieldOffset(t.metadata, entries, 0);
      builder.addFieldOffset(t.signatureDefs, signatures, 0);
    });
    builder.finish(root, FILE_IDENTIFIER);
    return builder.asUint8Array().slice();
  }

  /** Aligned to 16 bytes (`force_align` in the schema): a runtime reads constants where they lie in the mapped file. */
  private buffer(bytes: Uint8Array | undefined): Offset {
    const data = bytes && this.vector(bytes.length, 1, 16, (i) => this.builder.addInt8(bytes[i]!));
    return this.table(TABLES.buffer, (t) => {
      if (data !== undefined) this.builder.addFieldOffset(t.data, data, 0);
    });
  }

  private tensor({ name, shape, type, quantization }: TfliteTensor, buffer: number): Offset {
    const { builder } = this;
    const quantized = quantization && this.quantization(quantization);
    const words = builder.createString(name);
    const sides = this.int32s(shape);
    return this.table(TABLES.tensor, (t) => {
      builder.addFieldOffset(t.shape, sides, 0);
      builder.addFieldInt8(t.type, TENSOR_TYPE[type], 0);
      builder.addFieldInt32(t.buffer, buffer, 0);
      builder.addFieldOffset(t.name, words, 0);
      if (quantized !== undefined) builder.addFieldOffset(t.quantization, quantized, 0);
    });
  }

  private quantization({ scales, zeroPoints, dimension }: NonNullable<TfliteTensor['quantization']>): Offset {
    const { builder } = this;
    const zeros = this.zeroPoints(zeroPoints);
    const steps = this.vector(scales.length, 4, 4, (i) => builder.addFloat32(scales[i]!));
    return this.table(TABLES.quantization, (t) => {
      builder.addFieldOffset(t.scale, steps, 0);
      builder.addFieldOffset(t.zeroPoint, zeros, 0);
      builder.addFieldInt32(t.quantizedDimension, dimension, 0);
    });
  }

  /** 8 bytes a channel, nearly all of them zeros: equal ones are written once. */
  private zeroPoints(values: readonly number[]): Offset {
    const key = values.join();
    const present = this.written.get(key);
    if (present !== undefined) return present;
    const made = this.vector(values.length, 8, 8, (i) => this.builder.addInt64(BigInt(values[i]!)));
    this.written.set(key, made);
    return made;
  }

  private metadata(name: string, buffer: number): Offset {
    const words = this.builder.createString(name);
    return this.table(TABLES.metadata, (t) => {
      this.builder.addFieldOffset(t.name, words, 0);
      this.builder.addFieldInt32(t.buffer, buffer, 0);
    });
  }

  /** Of what reads or writes int8, which quantize and dequantize do on one side only. */
  private versionOf({ op, inputs, outputs }: TfliteOperator): number {
    const integers = [...inputs, ...outputs].some((i) => this.model.tensors[i]!.type === 'int8');
    return OPERATORS[op].version[integers ? 'int8' : 'float32'];
  }

  /**
   * Each operator once, in the order in which they come. All uses have one version, that of the last: a network is of
   * floats or of int8 throughout, and no operator that converts comes twice.
   */
  private operatorCodes(): { op: OperatorName; version: number }[] {
    const found = new Map<string, { op: OperatorName; version: number }>();
    for (const operator of this.model.operators)
      found.set(operator.op, { op: operator.op, version: this.versionOf(operator) });
    return [...found.values()];
  }

  private operatorCode(op: OperatorName, version: number): Offset {
    const { builder } = this;
    // The code stands twice: runtimes take the larger of the two fields, or know the byte alone (before version 3a of
    // the schema), in which 127 stands for all that do not fit. The version's default is 1.
    return this.table(TABLES.operatorCode, (t) => {
      builder.addFieldInt8(t.deprecatedBuiltinCode, Math.min(127, OPERATOR[op]), 0);
      builder.addFieldInt32(t.version, version, 1);
      builder.addFieldInt32(t.builtinCode, OPERATOR[op], 0);
    });
  }

  /** @param codes an operator's type is its index in them */
  private subgraph(tensors: Offset, codes: readonly { op: OperatorName }[]): Offset {
    const { builder, model } = this;
    const numbers = new Map(codes.map(({ op }, i) => [op, i]));
    const operators = this.offsets(
      model.operators.map((operator) => this.operator(operator, numbers.get(operator.op)!)),
    );
    const [inputs, outputs] = [this.int32s([model.input]), this.int32s([model.output])];
    const name = builder.createString('main');
    return this.table(TABLES.subGraph, (t) => {
      builder.addFieldOffset(t.tensors, tensors, 0);
      builder.addFieldOffset(t.inputs, inputs, 0);
      builder.addFieldOffset(t.outputs, outputs, 0);
      builder.addFieldOffset(t.operators, operators, 0);
      builder.addFieldOffset(t.name, name, 0);
    });
  }

  private operator(operator: TfliteOperator, code: number): Offset {
    const { builder } = this;
    const { options: type, write } = OPERATORS[operator.op];
    const options = type === OPTIONS.none ? undefined : write(operator, this);
    const [inputs, outputs] = [this.int32s(operator.inputs), this.int32s(operator.outputs)];
    return this.table(TABLES.operator, (t) => {
      builder.addFieldInt32(t.opcodeIndex, code, 0);
      builder.addFieldOffset(t.inputs, inputs, 0);
      builder.addFieldOffset(t.outputs, outputs, 0);
      builder.addFieldInt8(t.builtinOptionsType, type, 0);
      if (options !== undefined) builder.addFieldOffset(t.builtinOptions, options, 0);
    });
  }

  /** Names for input and output whatever those of the tensors: LiteRT's `get_signature_runner` takes them. */
  private signature(): Offset {
    const { builder, model } = this;
    const map = (name: string, tensor: number) => {
      const words = builder.createString(name);
      return this.table(TABLES.tensorMap, (t) => {
        builder.addFieldOffset(t.name, words, 0);
        builder.addFieldInt32(t.tensorIndex, tensor, 0);
      });
    };
    const inputs = this.offsets([map('image', model.input)]);
    const outputs = this.offsets([map('output', model.output)]);
    const key = builder.createString('serving_default');
    return this.table(TABLES.signatureDef, (t) => {
      builder.addFieldOffset(t.inputs, inputs, 0);
      builder.addFieldOffset(t.outputs, outputs, 0);
      builder.addFieldOffset(t.signatureKey, key, 0);
    });
  }
}

/** Typed arrays have the byte order of the machine, which is little-endian wherever VS Code runs. */
function bytesOf(values: Float32Array | Int8Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
