import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { requireExportable } from '../export/encoders.js';
import { factsOf, graphOf, type ExportSource } from '../export/exportSource.js';
import type { ModelCard } from '../export/modelCard.js';
import { exportDisk, writeCards, writeExport } from '../export/writeExport.js';
import { inputOf, parameterCount } from '../graph/graph.js';
import { givenNetwork } from '../graph/networkOptions.js';
import { trainingOf } from '../inference/exportWithCard.js';
import { openCheckpoint } from '../inference/openCheckpoint.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { temporaryFolder } from '../platform/temporaryFolder.js';
import { formatOf } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import type { Recognizer, RecognizerNetwork } from '../recognizers/recognizer.js';
import { readRecognizer, writeRecognizer } from '../recognizers/recognizerFolder.js';
import { recognizerOfFile } from '../recognizers/recognizersFolder.js';
import { runOfCheckpoint } from '../runs/checkpointRun.js';
import { readFaceNetwork } from '../weights/faceNetwork.js';
import { requireFaceWeights } from '../weights/faceWeights.js';
import { version } from '../../package.json';
import { enrolAnew } from './enrolAnew.js';
import { galleryHeader, headerOf } from './galleryHeader.js';
import { digestOf, modelSight } from './modelSight.js';
import { otherNetwork } from './openSight.js';

export interface ExportedRecognizer {
  readonly file: string;
  /** Of the network's file and what belongs to it. */
  readonly bytes: number;
  readonly cards: string[];
  /** What holds the people: a recognizer's folder, for C a header. */
  readonly recognizer: string;
}

export interface RecognizerWish {
  readonly options: ExportOptions;
  /** Absolute path of the file. */
  readonly output: string;
  readonly faceWeights: string | undefined;
}

/**
 * A recognizer for other programs: its network as a file for a runtime, which gives embeddings, and beside it the people enrolled with
 * their threshold. In float nothing is computed anew: the vectors are those of the recognizer, which the file gives as well. Of integers
 * each runtime gives others, as it rounds in its own way, and a network of a hundred layers carries that on: the people are enrolled
 * again with the file itself, in the arithmetic of its runtime.
 *
 * @param folder of the recognizer
 * @returns undefined when cancelled; nothing is written then
 * @throws UserError `not-this-network` for one that is no network of ours, `not-this-precision`, `recognizer-network`, `weights-absent`,
 *   `dataset-nothing-usable`, or where it cannot be written
 */
export async function exportRecognizer(
  folder: string,
  { options: { format, precision, io }, output, faceWeights }: RecognizerWish,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<ExportedRecognizer | undefined> {
  const recognizer = readRecognizer(folder);
  const { record } = recognizer;
  const { network } = record;
  if (precision !== network.precision) throw otherPrecision(record.name, network);
  const options: ExportOptions = { format, precision, part: 'embedding', ...(io && { io }) };
  const { source, training } = sourceOf(record.name, network, faceWeights);
  requireExportable(source, options);
  const known =
    precision === 'int8'
      ? await withOwnVectors(recognizer, source, options, faceWeights, onProgress, cancelled)
      : recognizer;
  if (!known) return undefined;
  const { files, bytes } = await writeExport(source, options, output);
  const file = files[0]!;
  const card: ModelCard = {
    ...{ file: path.basename(file), bytes, format, precision, facts: factsOf(source, options) },
    ...{ parameters: parameterCount(graphOf(source, 'embedding')), faceTrainer: version },
    ...(training && { training }),
  };
  const cards = writeCards(file, card);
  if (!formatOf(format).readable) {
    const header = headerOf(file);
    withDiskErrors(exportDisk(header), () => writeFileAtomically(header, galleryHeader(known)));
    return { file, bytes, cards, recognizer: header };
  }
  const beside = recognizerOfFile(file);
  const held = { ...network, kind: 'file' as const, name: source.float.name, digest: digestOf(file), path: file };
  writeRecognizer(beside, { ...known, record: { ...known.record, network: held, history: [] } });
  return { file, bytes, cards, recognizer: beside };
}

/** By the vectors of the file that is to be written, which is read from a folder that goes again. */
async function withOwnVectors(
  recognizer: Recognizer,
  source: ExportSource,
  options: ExportOptions,
  faceWeights: string | undefined,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Recognizer | undefined> {
  const inHeader = !formatOf(options.format).readable;
  const format = inHeader ? 'tflite' : options.format;
  const folder = temporaryFolder('gallery');
  try {
    const { files } = await writeExport(
      source,
      { ...options, format },
      path.join(folder, `model${formatOf(format).ending}`),
    );
    const { path: checkpoint } = recognizer.record.network;
    const before = checkpoint === undefined ? undefined : runOfCheckpoint(checkpoint).options.faceWeights;
    const sight = await modelSight(files[0]!, 'on', faceWeights, before, inHeader ? 'microcontroller' : undefined);
    try {
      return await enrolAnew(recognizer, sight, onProgress, cancelled);
    } finally {
      await sight.close();
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Vectors of two precisions are never compared: whoever wants the other one enrols with a network in it. */
function otherPrecision(name: string, { precision }: RecognizerNetwork): UserError {
  return new UserError(
    'not-this-precision',
    `The vectors of “${name}” are those of the network in ${precision}: another precision gives others.`,
    precision === 'int8'
      ? 'Export it with --precision int8, or enrol the people with a network in float32 and export that recognizer.'
      : 'Export it in float32. For int8, fine-tune the network (face-trainer qat), enrol the people with a checkpoint of that run ' +
          '(face-trainer enroll --network), and export that recognizer.',
  );
}

/** With what a card tells of its training, where it was trained here. */
interface NetworkSource {
  readonly source: ExportSource;
  readonly training?: ModelCard['training'];
}

function sourceOf(name: string, network: RecognizerNetwork, faceWeights: string | undefined): NetworkSource {
  if (network.kind === 'checkpoint' && network.path !== undefined) {
    if (digestOf(network.path) !== network.digest) throw otherNetwork(name, path.basename(network.path));
    const source = openCheckpoint(network.path);
    return { source, training: trainingOf(network.path, source) };
  }
  if (network.kind !== 'face')
    throw new UserError(
      'not-this-network',
      network.kind === 'file'
        ? `The network of “${name}” is a file already: “${network.path ?? network.name}”.`
        : `The network of “${name}” is the one inside Face Trainer, which runs nowhere else.`,
      network.kind === 'file'
        ? 'Take it with the folder of the recognizer.'
        : 'Enrol the people with the face network, and export that recognizer.',
    );
  const { graph, parameters, template, size, digest } = readFaceNetwork(requireFaceWeights(faceWeights));
  if (digest !== network.digest) throw otherNetwork(name, graph.name);
  const { scaling = 'x / 127.5 - 1' } = inputOf(graph);
  const source: ExportSource = {
    ...{ float: graph, parameters, quantization: undefined, batchNormMomentum: 0.99 },
    facts: {
      ...{ version: 2, labels: [] },
      input: {
        ...{ width: size, height: size, layout: 'NHWC', colour: 'RGB', resize: size, scaling, faces: 'aligned' },
        ...(template && { template }),
      },
      network: { ...givenNetwork(size), name: graph.name },
    },
  };
  return { source };
}
