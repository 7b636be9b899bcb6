import { UserError } from '../core/userError.js';
import { formatOf, formatsWith, type Format } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import type { EncodedFile, Encoder } from './encoder.js';
import { graphOf, integersOf, type ExportSource } from './exportSource.js';
import { encodeKeras } from './keras/encodeKeras.js';
import { functionalOf } from './layers/functional.js';
import type { Dialect } from './layers/layerList.js';
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

/** Formats of layers do not have every operation. */
const DIALECTS: Readonly<Partial<Record<Format, Dialect>>> = { tfjs: 'tfjs', keras: 'keras' };

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
  requireLayers(source, format, part);
  if (precision === 'int8') integersOf(source, part);
}

function requireLayers(source: ExportSource, format: Format, part: ExportOptions['part']): void {
  const dialect = DIALECTS[format];
  if (!dialect) return;
  try {
    functionalOf(graphOf(source, part), { momentum: source.batchNormMomentum, dialect });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError(
      'not-this-network',
      `The format ${formatOf(format).name} cannot hold ${source.float.name}: ${cause.message}.`,
      'Export it as ONNX or TensorFlow Lite.',
      { cause },
    );
  }
}
