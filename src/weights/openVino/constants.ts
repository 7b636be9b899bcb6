import { sizeOf } from '../../graph/graph.js';
import { wholeNumber, type IrLayer } from './irFile.js';

/** Numbers that stand in the flat file, row-major. */
export interface Constant {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const BYTES = { f16: 2, f32: 4, i64: 8 } as const;

/** Many layers may name the same place: what they unfold to is bounded beside the file. 256 MB. */
const MAX_VALUES = 2 ** 26;

/** The constants of one network. */
export class Constants {
  private total = 0;
  private readonly view: DataView;

  constructor(
    private readonly bin: Uint8Array,
    private readonly most = MAX_VALUES,
  ) {
    this.view = new DataView(bin.buffer, bin.byteOffset, bin.byteLength);
  }

  /**
   * The value of a constant; one that is stored in FP16 and converted to FP32 loses nothing.
   *
   * @throws RangeError for a place outside the file, a size that is not its shape's, a type other than f16, f32 and i64, or a
   *   value that is not finite
   */
  of(layer: IrLayer): Constant {
    const { data, id } = layer.type === 'Convert' ? layer.inputs[0]! : layer;
    const type = data.get('element_type') ?? '';
    if (!isType(type)) throw new RangeError(`constant ${id} is of type “${type.slice(0, 20)}”`);
    const offset = wholeNumber(data.get('offset') ?? '', `the offset of constant ${id}`);
    const bytes = wholeNumber(data.get('size') ?? '', `the size of constant ${id}`);
    const shape = numbers(data.get('shape') ?? '', `the shape of constant ${id}`);
    const count = sizeOf(shape);
    if (count === 0 || bytes !== count * BYTES[type])
      throw new RangeError(`constant ${id} has ${bytes} bytes for [${shape.join(', ')}]`);
    if (offset + bytes > this.bin.length) throw new RangeError(`constant ${id} lies outside the .bin file`);
    this.total += count;
    if (this.total > this.most) throw new RangeError('it has too many values');
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const value = this.read(type, offset + i * BYTES[type]);
      if (!Number.isFinite(value)) throw new RangeError(`constant ${id} has a value that is not finite`);
      values[i] = value;
    }
    return { shape, values };
  }

  private read(type: keyof typeof BYTES, at: number): number {
    if (type === 'f16') return fromHalf(this.view.getUint16(at, true));
    return type === 'f32' ? this.view.getFloat32(at, true) : Number(this.view.getBigInt64(at, true));
  }
}

/** Stored as it is used, or in FP16 behind a conversion. */
export function isConstant(layer: IrLayer): boolean {
  return layer.type === 'Const' || (layer.type === 'Convert' && layer.inputs[0]?.type === 'Const');
}

function isType(name: string): name is keyof typeof BYTES {
  return Object.hasOwn(BYTES, name);
}

/** Whole numbers with commas between them. */
export function numbers(text: string, what: string): number[] {
  return text.trim() === '' ? [] : text.split(',').map((part) => wholeNumber(part.trim(), what));
}

/** Of each exponent the place of the last bit; a million values make a power too dear. */
const LAST_BIT = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

/** The value of a binary16 of IEEE 754. */
export function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction : 1024 + fraction) * LAST_BIT[exponent]!;
}
