import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { EXPORT_FORMATS, FORMATS, formatOf, type Format } from '../protocol/exportFormats.js';
import { isFileError } from '../platform/regularFile.js';
import type { RoundingName } from '../quantization/interpreter/roundings.js';
import { ofCheckpoint } from './open/checkpoint.js';
import { ofKeras } from './open/keras.js';
import { ofLayersModel } from './open/layersModel.js';
import { ofOnnx } from './open/onnx.js';
import type { OpenedModel } from './open/openedModel.js';
import { ofTflite } from './open/tflite.js';

type Formats = typeof EXPORT_FORMATS;
type ReadableFormat = { [F in Format]: Formats[F]['readable'] extends true ? F : never }[Format];

/** The reader of each format that says it has one. */
const OPENERS: Readonly<Record<ReadableFormat, (file: string, rounding?: RoundingName) => Promise<OpenedModel>>> = {
  tflite: ofTflite,
  onnx: ofOnnx,
  tfjs: ofLayersModel,
  keras: ofKeras,
};

/** Main files of formats that are folders: such a folder may be named instead. */
const MAIN_FILES = FORMATS.map((format) => formatOf(format).ending)
  .filter((ending) => ending.startsWith('/'))
  .map((ending) => ending.slice(1));

/**
 * @param file absolute path of a checkpoint's folder, or of a .tflite, .onnx, model.json (or its folder) or .h5 that was exported
 * @param rounding of the runtime that a .tflite of integers is for; XNNPACK's when absent
 * @throws UserError `model-unreadable` for what is none of them, or what a checkpoint is refused for
 */
export async function openModel(file: string, rounding?: RoundingName): Promise<OpenedModel> {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) throw unreadable(file, 'it does not exist');
  if (stat.isDirectory()) {
    const main = MAIN_FILES.find((name) => fs.existsSync(path.join(file, name)));
    return main === undefined ? ofCheckpoint(file) : openModel(path.join(file, main));
  }
  const format = formatOfFile(file);
  if (!format) throw unreadable(file, 'it is neither .tflite, .onnx, .json nor .h5');
  try {
    return guarded(await OPENERS[format](file, rounding), file);
  } catch (error) {
    throw asUnreadable(file, error);
  }
}

/** A file that opens may still not compute, or give what cannot be an answer. */
function guarded(model: OpenedModel, file: string): OpenedModel {
  const { labels, output, input } = model.facts;
  const asked = (run: OpenedModel['run']) => async (pixels: Uint8Array) => {
    try {
      const values = await run(pixels);
      const pictures = pixels.length / (input.width * input.height * 3);
      if (output !== 'embedding' && values.length !== pictures * labels.length)
        throw new RangeError(`it gives ${values.length} scores for ${labels.length} people`);
      if (!values.every(Number.isFinite)) throw new RangeError('it gives numbers that are not finite');
      return values;
    } catch (error) {
      throw asUnreadable(file, error);
    }
  };
  return {
    ...{ facts: model.facts, runtime: model.runtime, precision: model.precision, close: () => model.close() },
    ...{
      run: asked((pixels) => model.run(pixels)),
      ...(model.embed && { embed: asked((pixels) => model.embed!(pixels)) }),
    },
  };
}

function asUnreadable(file: string, error: unknown): unknown {
  if (error instanceof RangeError) return unreadable(file, error.message, error);
  return isFileError(error) ? unreadable(file, 'it cannot be read', error) : error;
}

function formatOfFile(file: string): ReadableFormat | undefined {
  const extension = path.extname(file).toLowerCase();
  if (extension === '') return undefined;
  return (Object.keys(OPENERS) as ReadableFormat[]).find((name) => formatOf(name).ending.endsWith(extension));
}

function unreadable(file: string, why: string, cause?: unknown): UserError {
  return new UserError(
    'model-unreadable',
    `“${file}” cannot be used: ${why}.`,
    'Choose the folder of a checkpoint, or a .tflite, .onnx, model.json or .h5 file that Face Trainer exported.',
    { cause },
  );
}
