import path from 'node:path';
import { formatCount, formatList } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { scanDataset, type ScannedDataset } from '../dataset/scanDataset.js';
import type { Enrolment, LeftOut } from '../protocol/recognition.js';
import { personName, summaryOf, type Person, type Recognizer } from '../recognizers/recognizer.js';
import { isRecognizer, writeRecognizer } from '../recognizers/recognizerFolder.js';
import { withRecognizerLock } from '../recognizers/recognizerLock.js';
import type { ChosenFace } from './chooseFaces.js';
import { drawOrder, drawPictures, type DrawnPictures } from './drawPictures.js';
import { firstThreshold } from './firstThreshold.js';
import { lookAt, type KeptFaces, type LookedAt } from './lookAt.js';
import { requireRoom } from './requireRoom.js';
import type { Sight } from './sight.js';

export interface EnrolOptions {
  /** Folder of the recognizer: absent, or one, which is replaced; absolute. */
  readonly recognizer: string;
  /** Of each person, drawn by the seed; absent for all. */
  readonly pictures?: number | undefined;
  readonly seed: number;
  readonly strangersPer1000: number;
  /** What people are compared by instead of the mean of their pictures, where training made it: unit vectors by name. */
  readonly prototypes?: ReadonlyMap<string, Float32Array>;
}

/** Somebody to enrol, with their pictures as absolute paths. */
export interface EnrolledFiles {
  readonly person: string;
  readonly files: readonly string[];
}

/**
 * Makes a recognizer of a folder of people, with no training.
 *
 * @param options `dataset`: the folder of people; absolute
 * @returns undefined when cancelled
 * @throws UserError `dataset-…`, `dataset-nothing-usable`, or where the recognizer cannot be written
 */
export async function enrolFolder(
  sight: Sight,
  options: EnrolOptions & { readonly dataset: string },
  kept: KeptFaces | undefined,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Enrolment | undefined> {
  const scanned = scanDataset(options.dataset, 1);
  const enrolment = await enrolPeople(sight, filesByPerson(scanned), options, kept, onProgress, cancelled);
  return enrolment && { ...enrolment, leftOut: [...skippedIn(scanned), ...enrolment.leftOut] };
}

/** {@link enrolFolder} for people whose pictures lie anywhere. */
export async function enrolPeople(
  sight: Sight,
  everybody: readonly EnrolledFiles[],
  options: EnrolOptions,
  kept: KeptFaces | undefined,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Enrolment | undefined> {
  const start = performance.now();
  const { recognizer: folder, pictures, seed } = options;
  requireRoom(folder);
  const people = everybody.map(({ person, files }) => ({ person, files: drawOrder(person, files, pictures, seed) }));
  const looked = await lookAtPeople(sight, people, pictures, kept, onProgress, cancelled);
  if (!looked) return undefined;
  const drawn = people.map(({ person }, i) => ({ person, ...drawPictures(person, looked[i]!, pictures) }));
  if (drawn.every(({ chosen }) => chosen.length === 0)) throw nothingUsable(drawn);
  const recognizer = recognizerOf(sight, drawn, options);
  const written = isRecognizer(folder)
    ? await withRecognizerLock(folder, () => writeRecognizer(folder, recognizer))
    : writeRecognizer(folder, recognizer);
  return {
    recognizer: summaryOf(written, folder),
    pictures: looked.reduce((sum, { length }) => sum + length, 0),
    enrolled: drawn.reduce((sum, { chosen }) => sum + chosen.length, 0),
    leftOut: drawn.flatMap(({ leftOut }) => leftOut),
    severalFaces: drawn.flatMap(({ person, chosen }) =>
      chosen
        .filter(({ picture }) => picture.faces.length > 1)
        .map(({ picture: { file, faces } }) => ({ file, person, faces: faces.length })),
    ),
    seconds: (performance.now() - start) / 1000,
    warnings: warningsOf(drawn, pictures),
  };
}

/** The people of a folder whom a recognizer can name, with their files as absolute paths. */
function filesByPerson({ root, people, files, owners }: ScannedDataset): EnrolledFiles[] {
  const all = people.map((person) => ({ person, files: [] as string[] }));
  files.forEach((file, i) => all[owners[i]!]!.files.push(path.join(root, ...file.split('/'))));
  for (const { person } of all)
    if (!personName.safeParse(person).success)
      throw new UserError(
        'recognizer-person',
        `Nobody can be called “${person}”.`,
        'Rename the folder: “unknown” is what strangers are called, and a name has at most 200 letters.',
      );
  return all;
}

/** Looks at as many pictures of each as are wanted, and at others where those show no face that serves. */
async function lookAtPeople(
  sight: Sight,
  people: readonly EnrolledFiles[],
  pictures: number | undefined,
  kept: KeptFaces | undefined,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<LookedAt[][] | undefined> {
  const looked: LookedAt[][] = people.map(() => []);
  let before = 0;
  for (;;) {
    const wanted = people.flatMap(({ person, files }, i) => {
      const missing = (pictures ?? files.length) - drawPictures(person, looked[i]!, pictures).chosen.length;
      const clear = looked[i]!.some(({ faces }) => faces.some(({ doubt }) => doubt === undefined));
      const more = clear || looked[i]!.length === 0 ? missing : (pictures ?? files.length);
      const from = looked[i]!.length;
      return files.slice(from, from + Math.max(0, more)).map((file) => ({ i, file }));
    });
    if (wanted.length === 0) return looked;
    const total = before + wanted.length;
    const seen = await lookAt(
      sight,
      wanted.map(({ file }) => file),
      { ...(kept ? { kept } : {}), onProgress: (done) => onProgress(before + done, total), cancelled },
    );
    if (!seen) return undefined;
    seen.forEach((picture, i) => looked[wanted[i]!.i]!.push(picture));
    before = total;
  }
}

type Drawn = DrawnPictures & { readonly person: string };

function recognizerOf(
  sight: Sight,
  drawn: readonly Drawn[],
  { recognizer, strangersPer1000, prototypes }: EnrolOptions,
): Recognizer {
  const { network } = sight.embedder;
  const enrolled = drawn.filter(({ chosen }) => chosen.length > 0);
  const trained = enrolled.filter(({ person }) => prototypes?.has(person)).length;
  const rows = enrolled.reduce((sum, { chosen }) => sum + chosen.length, trained);
  const embeddings = new Float32Array(rows * network.length);
  let row = 0;
  const kept = (embedding: Float32Array) => {
    embeddings.set(embedding, row * network.length);
    return row++;
  };
  const people = enrolled.map(({ person, chosen }): Person => {
    const prototype = prototypes?.get(person);
    return {
      name: person,
      pictures: chosen.map(({ picture: { file, bytes, modifiedMs }, face }: ChosenFace) => {
        const quality = face.quality ? { quality: face.quality } : {};
        return { file, bytes, modifiedMs, row: kept(face.embedding), ...quality };
      }),
      negatives: [],
      ...(prototype ? { prototype: kept(prototype) } : {}),
    };
  });
  const record = {
    version: 1 as const,
    name: path.basename(recognizer),
    created: new Date().toISOString(),
    network,
    // Named when it is written.
    gallery: { file: `gallery-${'0'.repeat(16)}.safetensors`, sha256: '0'.repeat(64), rows },
    people,
    history: [],
  };
  return { record: { ...record, threshold: firstThreshold(record, embeddings, strangersPer1000) }, embeddings };
}

function skippedIn({ root, skipped }: ScannedDataset): LeftOut[] {
  return skipped.map(({ file, reason }) => ({
    file: path.join(root, ...file.split('/')),
    person: file.split('/')[0]!,
    reason,
  }));
}

function warningsOf(drawn: readonly Drawn[], pictures: number | undefined): string[] {
  const nobody = drawn.filter(({ chosen }) => chosen.length === 0).map(({ person }) => person);
  const doubtful = drawn.filter(({ chosen }) => chosen.some(({ face }) => face.doubt !== undefined));
  const few = drawn.filter(({ chosen }) => pictures !== undefined && chosen.length > 0 && chosen.length < pictures);
  const are = (list: readonly unknown[]) => (list.length === 1 ? 'is' : 'are');
  return [
    ...(nobody.length > 0
      ? [`${formatList(nobody)} ${are(nobody)} not enrolled: no picture shows a face that can be used.`]
      : []),
    ...(doubtful.length > 0
      ? [
          `${formatList(doubtful.map(({ person }) => person))} ${are(doubtful)} enrolled with faces that can hardly be seen: add better pictures.`,
        ]
      : []),
    ...(few.length > 0
      ? [`${formatCount(few.length, 'person has', 'people have')} fewer than ${pictures!} pictures.`]
      : []),
  ];
}

function nothingUsable(drawn: readonly Drawn[]): UserError {
  const [first] = drawn.flatMap(({ leftOut }) => leftOut);
  return new UserError(
    'dataset-nothing-usable',
    `No picture shows a face that can be used${first ? `: ${path.basename(first.file)} ${first.reason}` : ''}.`,
    'Use pictures in which the face is large, sharp and seen from the front.',
  );
}
