import fs from 'node:fs';
import * as z from 'zod';
import { openOwnFile } from '../platform/regularFile.js';

/** One tensor of a safetensors file. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const count = z.int().min(0);
const headerEntry = z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) });
type HeaderEntry = z.infer<typeof headerEntry>;
const headerEntries = z.record(z.string(), headerEntry);
const header = z.looseObject({ __metadata__: z.record(z.string(), z.string()).optional() });

const ALIGNMENT = 8;
/** Names of a million pictures take some 100 MB. */
const MOST_HEADER_BYTES = 1 << 28;

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
  // Every byte is written below: zeros before would take four times as long as the rest.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(8 + headerLength + offset).buffer);
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

/** @throws RangeError when the bytes are not a safetensors file of float32 values */
export function decodeSafetensors(bytes: Uint8Array): { tensors: NamedTensor[]; metadata: Record<string, string> } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (8 + headerLength > bytes.length)
    throw new RangeError(`header of ${headerLength} bytes in a file of ${bytes.length}`);
  const { metadata, entries } = readHeader(bytes.subarray(8, 8 + headerLength));
  const tensors = entries.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [start, end],
      },
    ]) => {
      const size = shape.reduce((product, n) => product * n, 1) * 4;
      if (dtype !== 'F32' || end - start !== size || 8 + headerLength + end > bytes.length)
        throw new RangeError(`${name}: ${dtype} [${shape.join()}] at ${start}..${end} does not fit`);
      const values = new Float32Array(size / 4);
      new Uint8Array(values.buffer).set(bytes.subarray(8 + headerLength + start, 8 + headerLength + end));
      return { name, shape, values };
    },
  );
  return { tensors, metadata };
}

/**
 * The metadata of a file; its tensors are not read.
 *
 * @throws what the file system says; RangeError for what is no safetensors file
 */
export function metadataOf(file: string): Record<string, string> {
  return readHeader(headerOf(file)).metadata;
}

/** The header of a file, JSON: all of it that is no number of a tensor. @throws what the file system says */
export function headerOf(file: string): Buffer {
  const handle = openOwnFile(file);
  try {
    const length = Buffer.alloc(8);
    fs.readSync(handle, length, 0, 8, 0);
    const bytes = Math.min(Number(length.readBigUInt64LE(0)), fs.fstatSync(handle).size, MOST_HEADER_BYTES);
    const text = Buffer.alloc(bytes);
    fs.readSync(handle, text, 0, bytes, 8);
    return text;
  } finally {
    fs.closeSync(handle);
  }
}

function readHeader(bytes: Uint8Array): { metadata: Record<string, string>; entries: [string, HeaderEntry][] } {
  try {
    const { __metadata__, ...entries } = header.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { metadata: __metadata__ ?? {}, entries: Object.entries(headerEntries.parse(entries)) };
  } catch (cause) {
    throw new RangeError('the header is not one of tensors', { cause });
  }
}
