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
import { formatOf } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import type { RecognizerNetwork } from '../recognizers/recognizer.js';
import { readRecognizer, writeRecognizer } from '../recognizers/recognizerFolder.js';
import { recognizerOfFile } from '../recognizers/recognizersFolder.js';
import { readFaceNetwork } from '../weights/faceNetwork.js';
import { requireFaceWeights } from '../weights/faceWeights.js';
import { version } from '../../package.json';
import { galleryHeader, headerOf } from './galleryHeader.js';
import { digestOf } from './modelSight.js';
import { otherNetwork } from './openSight.js';

export interface ExportedRecognizer {
  readonly file: string;
  /** Of the network's file and what belongs to it. */
  readonly bytes: number;
  readonly cards: string[];
  /** What holds the people: a recognizer's folder, for C a header. */
  readonly recognizer: string;
}

/**
 * A recognizer for other programs: its network as a file for a runtime, which gives embeddings, and beside it the people enrolled with
 * their threshold. Nothing is computed anew: the vectors are those of the recognizer, which the file gives as well.
 *
 * @param folder of the recognizer
 * @param output absolute path of the file
 * @throws UserError `not-this-network` for one that is no network of ours, `not-this-precision`, `recognizer-network`, `weights-absent`,
 *   or where it cannot be written
 */
export async function exportRecognizer(
  folder: string,
  { format, precision, io }: ExportOptions,
  output: string,
  faceWeights: string | undefined,
): Promise<ExportedRecognizer> {
  const recognizer = readRecognizer(folder);
  const { record } = recognizer;
  const { network } = record;
  if (precision !== network.precision)
    throw new UserError(
      'not-this-precision',
      `The vectors of “${record.name}” are those of the network in ${network.precision}: another precision gives others.`,
      `Export it in ${network.precision}.`,
    );
  const options: ExportOptions = { format, precision, part: 'embedding', ...(io && { io }) };
  const { source, training } = sourceOf(record.name, network, faceWeights);
  requireExportable(source, options);
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
    withDiskErrors(exportDisk(header), () => writeFileAtomically(header, galleryHeader(recognizer)));
    return { file, bytes, cards, recognizer: header };
  }
  const beside = recognizerOfFile(file);
  const held = { ...network, kind: 'file' as const, name: source.float.name, digest: digestOf(file), path: file };
  writeRecognizer(beside, { ...recognizer, record: { ...record, network: held, history: [] } });
  return { file, bytes, cards, recognizer: beside };
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
