import type { ExportOptions } from '../protocol/exportOptions.js';
import type { ExportSource } from './exportSource.js';

/** A file that belongs to an export. */
export interface EncodedFile {
  /** Beside the main file; undefined: the main file itself. */
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
}

/**
 * Makes the files of a format, the main one last; the same network gives the same bytes.
 *
 * @throws RangeError for a network that the format cannot hold; UserError `not-quantized` or `not-integer` for int8
 */
export type Encoder = (source: ExportSource, options: ExportOptions) => EncodedFile[] | Promise<EncodedFile[]>;

export function mainFile(bytes: Uint8Array): EncodedFile {
  return { name: undefined, bytes };
}
