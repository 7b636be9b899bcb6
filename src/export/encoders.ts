import { UserError } from '../core/userError.js';
import { formatOf, formatsWith, type Format } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import type { EncodedFile, Encoder } from './encoder.js';
import { integersOf, type ExportSource } from './exportSource.js';
import { encodeKeras } from './keras/encodeKeras.js';
import { encodeHeader } from './microcontroller/encodeHeader.js';
import { encodeOnnx } from './onnx/encodeOnnx.js';
import { encodeLayersModel } from './tfjs/encodeLayersModel.js';
import { encodeTflite } from './tflite/encodeTflite.js';

/** The writer of each format (`src/protocol/exportFormats.ts`). */
const ENCODERS: Readonly<Record<Format, Encoder>> = {
  tflite: encodeTflite,
  onnx: encodeOnnx,
  tfjs: encodeLayersModel,
  keras: encodeKeras,
  c: encodeHeader,
};

/**
 * A network as the files of a format, the main one last; the same network gives the same bytes.
 *
 * @throws UserError `not-quantized`, `not-integer`, or `not-this-precision` for int8 in a format that has none
 */
export async function encodeModel(source: ExportSource, options: ExportOptions): Promise<EncodedFile[]> {
  requireExportable(source, options);
  return ENCODERS[options.format](source, options);
}

/**
 * Before anything is measured or written.
 *
 * @throws UserError `not-this-precision`, `not-quantized`, `not-integer`
 */
export function requireExportable(source: ExportSource, { format, precision, part }: ExportOptions): void {
  const { name, precisions } = formatOf(format);
  if (!precisions.includes(precision))
    throw new UserError(
      'not-this-precision',
      `There is no ${precision} in the format ${name}.`,
      `For ${precision} choose ${formatsWith(precision)}.`,
    );
  if (precision === 'int8') integersOf(source, part);
}
