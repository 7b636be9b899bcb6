import path from 'node:path';
import { UserError } from '../core/userError.js';
import { datasetOf } from '../inference/measure.js';
import { COSINE_HEAD, hasCosineHead, prototypesOf } from '../graph/cosineHead.js';
import { openCheckpoint } from '../inference/openCheckpoint.js';
import { isRecognizer, readRecognizer } from '../recognizers/recognizerFolder.js';
import { recognizerOfCheckpoint, recognizerOfFile } from '../recognizers/recognizersFolder.js';
import { runOfCheckpoint } from '../runs/checkpointRun.js';
import { enrolPeople, type EnrolledFiles } from './enrolFolder.js';
import type { OwnedPicture } from './faceSetOf.js';
import type { Sight } from './sight.js';

/** Of each person that a network was trained on; more pictures move their mean no more. */
const PICTURES = 20;
const STRANGERS_PER_1000 = 10;

/** Whether a checkpoint was trained on people with names: pictures without count as one person's. */
export function namesPeople(checkpoint: string): boolean {
  return runOfCheckpoint(checkpoint).people.length > 1;
}

/**
 * Makes the recognizer of a checkpoint, of the pictures that it was trained on, where it is not there yet.
 *
 * @returns its folder; undefined when cancelled
 * @throws UserError `dataset-missing` where the pictures are gone, `model-embedding` where they have no names
 */
export async function ensureCheckpointRecognizer(
  sight: Sight,
  checkpoint: string,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<string | undefined> {
  const folder = recognizerOfCheckpoint(checkpoint);
  if (isRecognizer(folder) && readRecognizer(folder).record.network.digest === sight.embedder.network.digest)
    return folder;
  if (!namesPeople(checkpoint))
    throw new UserError(
      'model-embedding',
      'This network was trained on pictures without names: it turns faces into vectors and knows nobody.',
      'Enrol people to be compared by it: “face-trainer enroll <folder> --network <checkpoint>”.',
    );
  const split = await splitOfCheckpoint(checkpoint, onProgress, cancelled);
  if (!split) return undefined;
  const prototypes = trainedPrototypes(checkpoint);
  const options = {
    ...{ recognizer: folder, pictures: PICTURES, seed: 0, strangersPer1000: STRANGERS_PER_1000 },
    ...(prototypes && { prototypes }),
  };
  const enrolment = await enrolPeople(sight, byPerson(split.train), options, undefined, onProgress, cancelled);
  return enrolment && folder;
}

/**
 * The recognizer of an exported embedding, beside its file: the people that its checkpoint was trained on, by the vectors that the file
 * itself gives. An int8 file gives other vectors than its checkpoint in float.
 *
 * @returns its folder; undefined when cancelled, and of a network that names nobody
 * @throws UserError `dataset-missing` where the pictures are gone
 */
export async function enrolForExport(
  sight: Sight,
  checkpoint: string,
  file: string,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<string | undefined> {
  const split = namesPeople(checkpoint) && (await splitOfCheckpoint(checkpoint, onProgress, cancelled));
  if (!split) return undefined;
  const recognizer = recognizerOfFile(file);
  const prototypes = sight.embedder.network.precision === 'float32' ? trainedPrototypes(checkpoint) : undefined;
  const options = {
    ...{ recognizer, pictures: PICTURES, seed: 0, strangersPer1000: STRANGERS_PER_1000 },
    ...(prototypes && { prototypes }),
  };
  const enrolment = await enrolPeople(sight, byPerson(split.train), options, undefined, onProgress, cancelled);
  return enrolment && recognizer;
}

/**
 * The vectors that a cosine head learned for its people: by them the network tells more, above all of hard pictures. A network in int8
 * gives other vectors than the one in float that the head learned from.
 */
function trainedPrototypes(checkpoint: string): ReadonlyMap<string, Float32Array> | undefined {
  const { float, parameters, facts, quantization } = openCheckpoint(checkpoint);
  const kernel = hasCosineHead(float) && !quantization ? parameters.get(COSINE_HEAD.kernel) : undefined;
  if (!kernel) return undefined;
  const { labels } = facts;
  const rows = prototypesOf(kernel, labels.length);
  const length = rows.length / labels.length;
  return new Map(labels.map((person, i) => [person, rows.slice(i * length, (i + 1) * length)]));
}

export interface CheckpointSplit {
  readonly train: readonly OwnedPicture[];
  /** Of the people it was trained on. */
  readonly validation: readonly OwnedPicture[];
  /** Validation pictures of people it was not trained on. */
  readonly strangers: readonly OwnedPicture[];
}

/**
 * Which pictures a checkpoint was trained on, and which were held out.
 *
 * @returns undefined when cancelled
 * @throws UserError `dataset-missing`
 */
export async function splitOfCheckpoint(
  checkpoint: string,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<CheckpointSplit | undefined> {
  const source = openCheckpoint(checkpoint);
  const dataset = await datasetOf(source, onProgress, cancelled);
  if (cancelled()) return undefined;
  if (!dataset)
    throw new UserError(
      'dataset-missing',
      `The pictures of this network are not where they were, or are others now: “${source.run.options.dataset}”.`,
      'Bring the folder back, or ask for its own people alone: --closed-set, or “Every picture is one of these people”.',
    );
  const { root, files, labels, people, split, source: pictures } = dataset;
  await pictures.close();
  const owned = (picture: number): OwnedPicture => ({
    person: labels[picture]! < 0 ? files[picture]!.split('/')[0]! : people[labels[picture]!]!,
    file: path.join(root, ...files[picture]!.split('/')),
  });
  const isKnown = (picture: number) => labels[picture]! >= 0;
  return {
    train: split.train.map(owned),
    validation: split.validation.filter(isKnown).map(owned),
    strangers: split.validation.filter((picture) => !isKnown(picture)).map(owned),
  };
}

function byPerson(pictures: readonly OwnedPicture[]): EnrolledFiles[] {
  const all = new Map<string, string[]>();
  for (const { person, file } of pictures) {
    const own = all.get(person);
    if (own) own.push(file);
    else all.set(person, [file]);
  }
  return [...all].map(([person, files]) => ({ person, files }));
}
