import { OPERATORS } from './operators.js';
import { FILE_IDENTIFIER, OPERATOR, TABLES, TENSOR_TYPE, type OperatorName, type TensorType } from './schema.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './tfliteFile.js';

const TYPE_OF = new Map<number, TensorType>(Object.entries(TENSOR_TYPE).map(([name, id]) => [id, name as TensorType]));
const OPERATOR_OF = new Map<number, OperatorName>(
  Object.entries(OPERATOR).map(([name, id]) => [id, name as OperatorName]),
);

/** Where a table begins: at the signed distance back to its vtable, which has a uint16 offset for each field. */
type Table = number;

/**
 * Reads a .tflite file of the operators that are written here. Bytes behind the model, such as the archive of labels,
 * are ignored: every offset counts from where it stands. Nothing is allocated for what does not lie inside the file, nor more
 * than its size for all of it.
 *
 * @throws RangeError saying what it is instead
 */
export function readTflite(bytes: Uint8Array): TfliteModel {
  const identifier = Buffer.from(bytes.subarray(4, 8)).toString('latin1');
  if (bytes.length < 16 || identifier !== FILE_IDENTIFIER) throw new RangeError('it is not a .tflite file');
  const reader = new Reader(bytes);
  return reader.read(reader.root);
}

/** More dimensions, inputs and the like has no tensor and no operator: a file of a stranger names one table a million times. */
const MOST_NUMBERS = 1 << 20;

class Reader {
  /** Copies, by number; empty ones stand for no data. */
  private buffers: Uint8Array[] = [];
  private readonly view: DataView;
  /** Bytes that vectors may take yet: no two of a file share any. */
  private left: number;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.left = 2 * bytes.length;
  }

  get root(): Table {
    return this.uint32At(0);
  }

  read(root: Table): TfliteModel {
    const t = TABLES.model;
    this.buffers = this.tables(root, t.buffers).map((table) => this.byteVector(table, TABLES.buffer.data));
    const codes = this.tables(root, t.operatorCodes).map((code) => this.int32(code, TABLES.operatorCode.builtinCode));
    const [subgraph, ...more] = this.tables(root, t.subgraphs);
    if (subgraph === undefined || more.length > 0) throw new RangeError('it does not have exactly one graph');
    const [inputs, outputs] = [TABLES.subGraph.inputs, TABLES.subGraph.outputs].map((id) => this.int32s(subgraph, id));
    if (inputs!.length !== 1 || outputs!.length !== 1) throw new RangeError('it has more than one input or output');
    const metadata = this.tables(root, t.metadata).map((entry) => {
      const { name, buffer } = TABLES.metadata;
      return [this.text(entry, name), this.buffers[this.int32(entry, buffer)] ?? new Uint8Array()] as const;
    });
    return {
      description: this.text(root, t.description),
      tensors: this.tables(subgraph, TABLES.subGraph.tensors).map((table) => this.tensor(table)),
      operators: this.tables(subgraph, TABLES.subGraph.operators).map((table) => this.operator(table, codes)),
      input: inputs![0]!,
      output: outputs![0]!,
      metadata: new Map(metadata),
    };
  }

  private tensor(table: Table): TfliteTensor {
    const t = TABLES.tensor;
    const type = TYPE_OF.get(this.int8(table, t.type));
    const name = this.text(table, t.name);
    if (!type) throw new RangeError(`${name} has an unknown type`);
    const data = this.buffers[this.int32(table, t.buffer)];
    const quantization = this.table(table, t.quantization);
    const scales =
      quantization === undefined ? new Float32Array() : this.float32s(quantization, TABLES.quantization.scale);
    return {
      ...{ name, type, shape: this.int32s(table, t.shape) },
      ...(data && data.length > 0 ? { data: typed(data, type) } : {}),
      ...(scales.length > 0
        ? {
            quantization: {
              scales,
              zeroPoints: this.int64s(quantization!, TABLES.quantization.zeroPoint),
              dimension: this.int32(quantization!, TABLES.quantization.quantizedDimension),
            },
          }
        : {}),
    };
  }

  private operator(table: Table, codes: readonly number[]): TfliteOperator {
    const t = TABLES.operator;
    const code = codes[this.int32(table, t.opcodeIndex)];
    const op = code === undefined ? undefined : OPERATOR_OF.get(code);
    if (!op) throw new RangeError(`it has an unknown operator (${code ?? 'of no number'})`);
    const options = this.table(table, t.builtinOptions);
    const shared = { op, inputs: this.int32s(table, t.inputs), outputs: this.int32s(table, t.outputs) };
    if (options === undefined) return shared;
    const fields = {
      int8: (id: number) => this.int8(options, id),
      int32: (id: number) => this.int32(options, id),
      float32: (id: number) => this.float32(options, id),
    };
    return { ...shared, ...OPERATORS[op].read(fields) };
  }

  /** @throws RangeError for what is not inside the file */
  private inside(at: number, bytes: number): number {
    if (at < 0 || at + bytes > this.bytes.length)
      throw new RangeError('it is damaged: a part of it lies outside the file');
    return at;
  }

  private uint32At(at: number): number {
    return this.view.getUint32(this.inside(at, 4), true);
  }

  /** Where a field lies; undefined: it has its default. A vtable begins with two sizes, four bytes; fields follow. */
  private at(table: Table, id: number): number | undefined {
    const vtable = table - this.view.getInt32(this.inside(table, 4), true);
    const field = 4 + 2 * id;
    if (field >= this.view.getUint16(this.inside(vtable, 4), true)) return undefined;
    const offset = this.view.getUint16(this.inside(vtable + field, 2), true);
    return offset === 0 ? undefined : table + offset;
  }

  private int8(table: Table, id: number): number {
    const at = this.at(table, id);
    return at === undefined ? 0 : this.view.getInt8(this.inside(at, 1));
  }

  private int32(table: Table, id: number): number {
    const at = this.at(table, id);
    return at === undefined ? 0 : this.view.getInt32(this.inside(at, 4), true);
  }

  private float32(table: Table, id: number): number {
    const at = this.at(table, id);
    return at === undefined ? 0 : this.view.getFloat32(this.inside(at, 4), true);
  }

  /** A table, vector or string lies elsewhere: what stands in the field is the distance to it. */
  private table(table: Table, id: number): Table | undefined {
    const at = this.at(table, id);
    return at === undefined ? undefined : at + this.uint32At(at);
  }

  /** The elements of a vector, whose number stands before them: of so many bytes each. */
  private extent(table: Table, id: number, bytes: number): { start: number; length: number } {
    const at = this.table(table, id);
    if (at === undefined) return { start: 0, length: 0 };
    const length = this.uint32At(at);
    this.left -= length * bytes;
    if (this.left < 0) throw new RangeError('it is damaged: its parts are larger than the file');
    return { start: this.inside(at + 4, length * bytes), length };
  }

  private vector<T>(table: Table, id: number, bytes: number, read: (at: number) => T): T[] {
    const { start, length } = this.extent(table, id, bytes);
    if (length > MOST_NUMBERS) throw new RangeError(`it has a list of ${length}`);
    return Array.from({ length }, (_, i) => read(start + i * bytes));
  }

  private tables(table: Table, id: number): Table[] {
    return this.vector(table, id, 4, (at) => at + this.uint32At(at));
  }

  private int32s(table: Table, id: number): number[] {
    return this.vector(table, id, 4, (at) => this.view.getInt32(at, true));
  }

  /** Zero points: 64 bits in the schema, never more than 8 in a file of int8. */
  private int64s(table: Table, id: number): number[] {
    return this.vector(table, id, 8, (at) => Number(this.view.getBigInt64(at, true)));
  }

  private float32s(table: Table, id: number): Float32Array {
    return Float32Array.from(this.vector(table, id, 4, (at) => this.view.getFloat32(at, true)));
  }

  /** A copy, which lies at a multiple of eight bytes: a typed array begins at a multiple of its elements' size. */
  private byteVector(table: Table, id: number): Uint8Array {
    const { start, length } = this.extent(table, id, 1);
    return new Uint8Array(this.bytes.subarray(start, start + length));
  }

  private text(table: Table, id: number): string {
    return new TextDecoder().decode(this.byteVector(table, id));
  }
}

/** @throws RangeError when the bytes are no whole number of elements */
function typed(bytes: Uint8Array, type: TensorType): Float32Array | Int8Array | Int32Array {
  if (type !== 'int8' && bytes.length % 4 !== 0) throw new RangeError('it is damaged: a constant is cut short');
  if (type === 'int8') return new Int8Array(bytes.buffer);
  return type === 'float32' ? new Float32Array(bytes.buffer) : new Int32Array(bytes.buffer);
}
