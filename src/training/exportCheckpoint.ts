import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { storedSize } from '../dataset/augment.js';
import { encodeModel, factsOf, requireExportable, withoutHead, type ExportSource } from '../export/encodeModel.js';
import { FACTS_KEY } from '../export/modelFacts.js';
import { JOURNAL } from '../faces/alignFaces.js';
import { mobileNetV2 } from '../graph/mobileNetV2.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import { notFiniteParameters } from '../quantization/quantizerTable.js';
import { writeFileAtomically, writing } from './atomicFile.js';
import { batchNormMomentum } from './batchNormMomentum.js';
import { readCheckpoint } from './checkpoint.js';
import { loadKerasFile } from './loadKerasFile.js';
import { readRunOf, type Parent } from './parent.js';

/** A checkpoint with what its run knows. */
export interface OpenedCheckpoint extends ExportSource {
  readonly run: Parent;
}

/**
 * Reads a checkpoint for an export.
 *
 * @throws UserError what the checkpoint is refused for, or `not-finite`
 */
export function openCheckpoint(checkpoint: string): OpenedCheckpoint {
  const { session } = readCheckpoint(checkpoint);
  const run = readRunOf(checkpoint);
  const { options, people } = run;
  const broken = notFiniteParameters(session.parameters);
  if (broken.length > 0)
    throw new UserError(
      'not-finite',
      `The network cannot be exported: ${broken[0]!} holds numbers that are not finite.`,
      'Take an earlier checkpoint.',
    );
  const { size, width, pooling } = options;
  const float = mobileNetV2({ ...options, classes: people.length });
  return {
    ...{ run, float, parameters: session.parameters, quantization: options.quantization },
    // Of a run of many steps: who trains on has as many before them.
    batchNormMomentum: batchNormMomentum(options.batchNormMomentum, session.step + 1, 1000),
    facts: {
      version: 1,
      labels: [...people],
      input: {
        ...{ width: size, height: size, layout: 'NHWC', colour: 'RGB', scaling: 'x / 127.5 - 1' },
        resize: storedSize(size, options.augmentation),
        faces: fs.existsSync(path.join(options.dataset, JOURNAL)) ? 'aligned' : 'as they are',
      },
      network: { name: float.name, width, pooling },
    },
  };
}

/** Files of an export, the main one first, with their sizes together. */
export interface Exported {
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * Writes a network as a file for a runtime, or not at all. The same network gives the same bytes.
 *
 * @param output absolute path of the file
 * @throws UserError `not-quantized`, `not-integer`, `not-this-precision`, `run-folder-unwritable` or `disk-full`
 */
export async function writeExport(source: ExportSource, options: ExportOptions, output: string): Promise<Exported> {
  requireExportable(source, options);
  const folder = path.dirname(output);
  const { format } = options;
  if (format === 'keras') {
    writing(folder, () => fs.mkdirSync(folder, { recursive: true }));
    return { files: [output], bytes: await writeKeras(source, options, output) };
  }
  const encoded = encodeModel(source, { ...options, format });
  const files = encoded.map(({ name }) => (name === undefined ? output : path.join(folder, name)));
  const before = format === 'tfjs' ? weightsOf(output) : [];
  writing(folder, () => {
    fs.mkdirSync(folder, { recursive: true });
    const there = files.map((file) => fs.existsSync(file));
    try {
      encoded.forEach(({ bytes }, i) => writeFileAtomically(files[i]!, bytes));
    } catch (error) {
      files.forEach((file, i) => there[i] || fs.rmSync(file, { force: true }));
      throw error;
    }
  });
  for (const file of before) if (!files.includes(file)) fs.rmSync(file, { force: true });
  return { files: files.reverse(), bytes: encoded.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

/** Files of weights that an earlier export has left for a model.json. */
function weightsOf(topology: string): string[] {
  const text = fs.existsSync(topology) ? fs.readFileSync(topology, 'utf8') : '';
  const names = new Set(text.match(/(?<=")weights-[0-9a-f]{12}\.bin(?=")/g));
  return [...names].map((name) => path.join(path.dirname(topology), name));
}

async function writeKeras(source: ExportSource, { part }: ExportOptions, output: string): Promise<number> {
  const embedding = part === 'embedding';
  const { parameters } = embedding ? withoutHead(source.float) : source.float;
  const arrays = parameters.map(({ name, shape }) => ({ name, shape, values: source.parameters.get(name)! }));
  const facts = factsOf(source, embedding ? 'embedding' : 'probabilities', 'NHWC');
  const keras = await loadKerasFile();
  const temporary = `${output}.tmp-${process.pid}`;
  try {
    await keras.writeKerasFile(temporary, arrays, { [FACTS_KEY]: JSON.stringify(facts) });
    const bytes = fs.readFileSync(temporary);
    writing(path.dirname(output), () => writeFileAtomically(output, bytes));
    return bytes.length;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}
