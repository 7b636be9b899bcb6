import { sizeOf } from '../../graph/graph.js';
import { ATTRIBUTE_TYPE, DATA_TYPE, IR_VERSION, MODEL, OPSET_VERSION, type DataType } from './schema.js';

/** A tensor with values. */
export interface OnnxConstant {
  readonly name: string;
  readonly type: DataType;
  /** Empty for one value. */
  readonly shape: readonly number[];
  /** Row-major, little-endian, as `raw_data` is on every machine. */
  readonly data: Float32Array | Uint8Array | Int8Array | Int32Array;
}

/** An input or output of the graph; a side by name may be of any length. */
export interface OnnxValue {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly (number | string)[];
}

/** A whole number or a list of them, or a float32. */
type Attribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  /** Of the operators of ONNX itself (domain ''), opset 17. */
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface OnnxModel {
  readonly name: string;
  /** Each behind those that it reads. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: ReadonlyMap<string, string>;
}

const PRODUCER = 'Face Trainer';

/**
 * The bytes of an .onnx file. The same model gives the same bytes.
 *
 * @throws RangeError where the model breaks an invariant of the format: see `check`
 */
export function onnxFile(model: OnnxModel): Uint8Array {
  check(model);
  const value = ({ name, type, shape }: OnnxValue) => ({
    name,
    type: { tensorType: { elemType: DATA_TYPE[type], shape: { dim: shape.map(dimension) } } },
  });
  return MODEL.encode({
    irVersion: IR_VERSION,
    producerName: PRODUCER,
    graph: {
      name: model.name,
      node: model.nodes.map(({ op, name, inputs, output, attributes = {} }) => ({
        ...{ opType: op, name, input: inputs, output: [output] },
        attribute: Object.entries(attributes).map(([key, given]) => attribute(key, given)),
      })),
      // Not among the inputs as well, so that a runtime may fold and pack them in advance: since IR version 4.
      initializer: model.constants.map(({ name, type, shape, data }) => ({
        ...{ name, dims: shape, dataType: DATA_TYPE[type] },
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: model.inputs.map(value),
      output: model.outputs.map(value),
    },
    opsetImport: [{ domain: '', version: OPSET_VERSION }],
    metadataProps: [...model.metadata].map(([key, text]) => ({ key, value: text })),
  }).finish();
}

/** Sides with the same name have the same length in every run. */
function dimension(side: number | string): object {
  return typeof side === 'number' ? { dimValue: side } : { dimParam: side };
}

/** `type` says which field holds the value: onnx.proto demands it. */
function attribute(name: string, given: Attribute): object {
  if (typeof given === 'number') return { name, i: given, type: ATTRIBUTE_TYPE.int };
  if ('float' in given) return { name, f: given.float, type: ATTRIBUTE_TYPE.float };
  return { name, ints: given, type: ATTRIBUTE_TYPE.ints };
}

/**
 * Everything that a runtime relies on, before a byte is written. ONNX wants each name written once (static single
 * assignment) and nodes sorted (docs/IR.md in its repository, "Graphs"); `onnx.checker` looks for those, but not for
 * values.
 *
 * @throws RangeError with the name of the tensor or node
 */
function check({ nodes, constants, inputs, outputs }: OnnxModel): void {
  const refuse = (what: string) => {
    throw new RangeError(`not an ONNX file: ${what}`);
  };
  const known = new Set<string>();
  const define = (name: string) => {
    if (name === '' || known.has(name))
      refuse(name === '' ? 'a tensor without a name' : `two tensors are named ${name}`);
    known.add(name);
  };
  for (const { name, shape, data, type } of constants) {
    define(name);
    if (shape.some((n) => !Number.isInteger(n) || n < 1)) refuse(`${name} has the shape [${shape.join()}]`);
    if (data.length !== sizeOf(shape)) refuse(`${name} has ${data.length} values, not ${sizeOf(shape)}`);
    if (data.BYTES_PER_ELEMENT !== (type.endsWith('int8') ? 1 : 4)) refuse(`${name} is not of ${type}`);
    if (data instanceof Float32Array && !data.every(Number.isFinite))
      refuse(`${name} holds numbers that are not finite`);
  }
  for (const { name } of inputs) define(name);
  const values = new Map(constants.map((constant) => [constant.name, constant]));
  for (const { op, name, inputs: read, output } of nodes) {
    for (const input of read) if (!known.has(input)) refuse(`${name} reads ${input}, which nothing has written`);
    define(output);
    if (op !== 'QuantizeLinear' && op !== 'DequantizeLinear') continue;
    const scale = values.get(read[1]!);
    if (!scale?.data.every((s) => s > 0)) refuse(`${name} has a scale that is not positive`);
    const zeros = values.get(read[2]!);
    if (zeros && zeros.data.length !== scale!.data.length) refuse(`${name} has ${zeros.data.length} zero points`);
  }
  for (const { name } of outputs) if (!known.has(name)) refuse(`nothing writes the output ${name}`);
}
