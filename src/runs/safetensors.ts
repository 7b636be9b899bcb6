/** One tensor of a safetensors file. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const ALIGNMENT = 8;

/**
 * The safetensors format (huggingface/safetensors, format description): an unsigned 64-bit little-endian header length,
 * a JSON header padded with spaces, then the values. Float32 only.
 *
 * @param metadata strings that travel with the file
 */
export function encodeSafetensors(tensors: readonly NamedTensor[], metadata: Record<string, string> = {}): Uint8Array {
  const header: Record<string, HeaderEntry | Record<string, string>> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(8 + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let at = 8 + headerLength;
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** @throws RangeError when the bytes are no safetensors file of float32 values */
export function decodeSafetensors(bytes: Uint8Array): { tensors: NamedTensor[]; metadata: Record<string, string> } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (8 + headerLength > bytes.length)
    throw new RangeError(`header of ${headerLength} bytes in a file of ${bytes.length}`);
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)),
  ) as Record<string, HeaderEntry> & { __metadata__?: Record<string, string> };
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [start, end],
      },
    ]) => {
      const size = shape.reduce((product, n) => product * n, 1) * 4;
      if (dtype !== 'F32' || end - start !== size || start < 0 || 8 + headerLength + end > bytes.length)
        throw new RangeError(`${name}: ${dtype} [${shape.join()}] at ${start}..${end} does not fit`);
      const values = new Float32Array(size / 4);
      new Uint8Array(values.buffer).set(bytes.subarray(8 + headerLength + start, 8 + headerLength + end));
      return { name, shape, values };
    },
  );
  return { tensors, metadata };
}
