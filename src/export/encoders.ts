import { UserError } from '../core/userError.js';
import { hasOwnOperations } from '../graph/operations.js';
import { formatOf, formatsWith, type Format } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import type { EncodedFile, Encoder } from './encoder.js';
import { graphOf, integersOf, type ExportSource } from './exportSource.js';
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
 * The others are written for the networks that are built here: their readers build them again from their options, and the
 * memory that a header names was measured with their operators.
 */
const HOLD_EVERY_OPERATION: ReadonlySet<Format> = new Set(['tflite', 'onnx']);

/**
 * A network as the files of a format, the main one last; the same network gives the same bytes.
 *
 * @throws UserError as `requireExportable`
 */
export async function encodeModel(source: ExportSource, options: ExportOptions): Promise<EncodedFile[]> {
  requireExportable(source, options);
  return ENCODERS[options.format](source, options);
}

/**
 * Before anything is measured or written.
 *
 * @throws UserError `not-this-precision`, `not-this-network`, `not-quantized`, `not-quantizable`, `not-integer`
 */
export function requireExportable(source: ExportSource, { format, precision, part }: ExportOptions): void {
  const { name, precisions } = formatOf(format);
  if (!precisions.includes(precision))
    throw new UserError(
      'not-this-precision',
      `There is no ${precision} in the format ${name}.`,
      `For ${precision} choose ${formatsWith(precision)}.`,
    );
  if (!HOLD_EVERY_OPERATION.has(format) && hasOwnOperations(graphOf(source, part)))
    throw new UserError(
      'not-this-network',
      `The format ${name} cannot hold ${source.float.name} yet: it has operations that are written as ONNX and TensorFlow Lite only.`,
      'Export it as ONNX or TensorFlow Lite, float32.',
    );
  if (precision === 'int8') integersOf(source, part);
}
