import { unzipSync } from 'fflate';

export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Reads a NumPy `.npz` archive of float arrays (numpy.lib.format, versions 1 to 3; `<f4` or `<f8`; either order).
 *
 * @param names of the arrays that are looked for, where not all are: nothing else is unpacked
 * @returns arrays by name, without `.npy`
 * @throws RangeError saying what is not as expected
 */
export function readNpz(bytes: Uint8Array, names?: ReadonlySet<string>): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  const unpacked = new Set<string>();
  let left = MOST_BYTES;
  const files = unzipSync(bytes, {
    filter({ name, originalSize }) {
      if (!name.endsWith('.npy') || names?.has(name.slice(0, -4)) === false || unpacked.has(name)) return false;
      unpacked.add(name);
      left -= originalSize;
      if (left < 0) throw new RangeError('its arrays are larger than those of any network');
      return true;
    },
  });
  for (const [file, content] of Object.entries(files)) arrays.set(file.slice(0, -4), readNpy(file, content));
  return arrays;
}

/** ResNet-50's take 100 MB. */
const MOST_BYTES = 1 << 28;

function readNpy(name: string, bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || bytes[0] !== 0x93 || new TextDecoder().decode(bytes.subarray(1, 6)) !== 'NUMPY')
    throw new RangeError(`${name} is not a NumPy array`);
  const wide = bytes[6]! >= 2;
  const start = wide ? 12 : 10;
  const headerLength = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(bytes.subarray(start, start + headerLength));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  if (shapeText === undefined || fortran === undefined) throw new RangeError(`${name}: header ${header}`);
  const shape = shapeText
    .split(',')
    .filter((n) => n.trim())
    .map(Number);
  const count = shape.reduce((product, n) => product * n, 1);
  const itemBytes = descr === '<f4' ? 4 : descr === '<f8' ? 8 : undefined;
  if (!itemBytes) throw new RangeError(`${name}: values of type ${descr ?? '?'}, expected float32`);
  const data = start + headerLength;
  if (data + count * itemBytes > bytes.length) throw new RangeError(`${name} is cut short`);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++)
    values[i] = itemBytes === 4 ? view.getFloat32(data + 4 * i, true) : view.getFloat64(data + 8 * i, true);
  return { shape, values: fortran === 'True' ? toRowMajor(values, shape) : values };
}

/** From Fortran order, where the first index runs fastest, to C order. */
function toRowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const result = new Float32Array(values.length);
  const index = shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    const at = index.reduce((offset, n, axis) => offset * shape[axis]! + n, 0);
    result[at] = values[i]!;
    for (let axis = 0; axis < shape.length && ++index[axis]! === shape[axis]; axis++) index[axis] = 0;
  }
  return result;
}
