import fs from 'node:fs';
import path from 'node:path';
import type { Random } from '../../../src/core/random.js';
import { UserError } from '../../../src/core/userError.js';
import { encodeModel } from '../../../src/export/encoders.js';
import type { ExportSource } from '../../../src/export/exportSource.js';
import { readOnnxFacts } from '../../../src/export/onnx/readOnnx.js';
import { writeExport } from '../../../src/export/writeExport.js';
import { openModel } from '../../../src/inference/openModel.js';
import { exportOptions, type ExportOptions } from '../../../src/protocol/exportOptions.js';
import { mutateBytes, mutateJson } from '../mutations.js';
import type { Attempt } from '../reader.js';
import { faceSources, quantizedSource, tinySource } from './networks.js';
import { SampleFiles } from './sampleFiles.js';

type Options = Pick<ExportOptions, 'format'> & Partial<ExportOptions>;

/** Opens a file as Try a Picture does, and asks it. */
async function ask(file: string): Promise<void> {
  const model = await openModel(file);
  try {
    const { width, height } = model.facts.input;
    await model.run(new Uint8Array(width * height * 3));
  } finally {
    await model.close();
  }
}

async function written(source: ExportSource, options: Options): Promise<Buffer> {
  const files = await encodeModel(source, exportOptions.parse(options));
  return Buffer.from(files.at(-1)!.bytes);
}

/** What a file of one piece is asked after any change of its bytes. */
async function ofOne(folder: string, ending: string, exported: readonly [ExportSource, Options][]): Promise<Attempt> {
  const originals = await Promise.all(exported.map(([source, options]) => written(source, options)));
  const file = path.join(folder, `model${ending}`);
  return async (random) => {
    fs.writeFileSync(file, mutateFile(random.pick(originals), random));
    await ask(file);
  };
}

const FACTS = '{"version":2';

/** Its bytes, or the facts in it, which are JSON and keep their length. */
function mutateFile(original: Buffer, random: Random): Buffer {
  const at = original.indexOf(FACTS);
  if (at < 0 || random.integer(3) > 0) return mutateBytes(original, random);
  const text = original.toString('latin1', at);
  const length = endOfJson(text);
  const changed = Buffer.from(mutateJson(text.slice(0, length), random), 'latin1');
  const same = Buffer.alloc(length, ' ');
  changed.copy(same, 0, 0, length);
  return Buffer.concat([original.subarray(0, at), same, original.subarray(at + length)]);
}

/** Of an object without braces in its strings. */
function endOfJson(text: string): number {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') depth++;
    if (text[i] === '}' && --depth === 0) return i + 1;
  }
  return text.length;
}

const embeddings = (options: Options) =>
  faceSources(4).map((source): [ExportSource, Options] => [source, { ...options, part: 'embedding' }]);

export function tfliteOfFloats(folder: string): Promise<Attempt> {
  return ofOne(folder, '.tflite', [[tinySource, { format: 'tflite' }], ...embeddings({ format: 'tflite' })]);
}

export function tfliteOfIntegers(folder: string): Promise<Attempt> {
  const options = { format: 'tflite', precision: 'int8' } as const;
  return ofOne(folder, '.tflite', [
    [quantizedSource(), options],
    [quantizedSource(), { ...options, part: 'embedding' }],
  ]);
}

export function onnx(folder: string): Promise<Attempt> {
  const int8 = { format: 'onnx', precision: 'int8' } as const;
  return ofOne(folder, '.onnx', [
    [tinySource, { format: 'onnx' }],
    [quantizedSource(), int8],
    [quantizedSource(), { ...int8, part: 'embedding' }],
    ...embeddings({ format: 'onnx' }),
  ]);
}

/** The reader of what a file says alone, whose RangeError becomes a sentence in `openModel`. */
export async function onnxFacts(): Promise<Attempt> {
  const int8 = { format: 'onnx', precision: 'int8' } as const;
  const originals = await Promise.all([written(tinySource, { format: 'onnx' }), written(quantizedSource(), int8)]);
  return (random) => {
    try {
      readOnnxFacts(mutateBytes(random.pick(originals), random));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError('model-unreadable', error.message, '');
    }
  };
}

export async function layersModel(folder: string): Promise<Attempt> {
  const sources = [[tinySource, 'classifier'] as const, ...faceSources(3).map((one) => [one, 'embedding'] as const)];
  const models: SampleFiles[] = [];
  for (const [i, [source, part]] of sources.entries()) {
    const place = path.join(folder, `${i}`);
    const { files } = await writeExport(source, exportOptions.parse({ format: 'tfjs', part }), path.join(place, MAIN));
    models.push(
      new SampleFiles(
        place,
        files.map((file) => path.basename(file)),
      ),
    );
  }
  return async (random) => {
    const files = random.pick(models);
    files.restore();
    const name = random.integer(6) === 0 ? random.pick(files.names) : MAIN;
    const original = files.original(name);
    files.change(name, name === MAIN ? mutateJson(original.toString(), random) : mutateBytes(original, random));
    await ask(path.join(files.folder, MAIN));
  };
}

const MAIN = 'model.json';

export function keras(folder: string): Promise<Attempt> {
  return ofOne(folder, '.h5', [[tinySource, { format: 'keras' }], ...embeddings({ format: 'keras' }).slice(0, 2)]);
}
