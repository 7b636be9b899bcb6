import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { scanDataset } from '../dataset/scanDataset.js';
import { picturesAt } from '../platform/picturesAt.js';
import type { FaceSet } from '../evaluation/faceSet.js';
import { NO_ANSWER, type LeftOut } from '../protocol/recognition.js';
import { chooseFaces } from './chooseFaces.js';
import { lookAt, type LookedAt, type LookOptions } from './lookAt.js';
import type { Sight } from './sight.js';

/** A picture and whose it is. */
export interface OwnedPicture {
  readonly person: string;
  /** Absolute. */
  readonly file: string;
}

/**
 * The pictures of a folder with one sub-folder a person; where there are none, each picture is of somebody of its own.
 *
 * @throws UserError `dataset-…`, `no-pictures`
 */
export function ownedPictures(folder: string): OwnedPicture[] {
  try {
    const { root, people, files, owners } = scanDataset(folder, 1);
    return files.map((file, i) => ({ person: people[owners[i]!]!, file: path.join(root, ...file.split('/')) }));
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'dataset-no-people') throw error;
    const files = fs.existsSync(folder) ? picturesAt(folder) : [];
    if (files.length === 0)
      throw new UserError('no-pictures', `There is no picture in “${folder}”.`, 'Choose a folder with pictures.');
    return files.map((file) => ({ person: path.basename(file), file }));
  }
}

export interface SeenSet {
  readonly set: FaceSet;
  /** Pictures that get no answer, whoever asks. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * The faces of pictures, one for each, as an evaluation takes them: of several the one that is most like the others of its person.
 *
 * @returns undefined when cancelled
 */
export async function faceSetOf(
  sight: Sight,
  pictures: readonly OwnedPicture[],
  options: LookOptions,
): Promise<SeenSet | undefined> {
  const looked = await lookAt(
    sight,
    pictures.map(({ file }) => file),
    options,
  );
  if (!looked) return undefined;
  const byPerson = new Map<string, LookedAt[]>();
  const leftOut: LeftOut[] = [];
  pictures.forEach(({ person, file }, i) => {
    const { faces, fault } = looked[i]!;
    if (faces.length === 0) leftOut.push({ file, person, reason: fault ?? NO_ANSWER['no-face'] });
    else byPerson.set(person, [...(byPerson.get(person) ?? []), looked[i]!]);
  });
  const rows: { person: string; file: string; embedding: Float32Array }[] = [];
  for (const [person, seen] of byPerson)
    for (const { picture, face } of chooseFaces(seen))
      if (face.doubt === undefined) rows.push({ person, file: picture.file, embedding: face.embedding });
      else leftOut.push({ file: picture.file, person, reason: NO_ANSWER[face.doubt] });
  const { length } = sight.embedder.network;
  const embeddings = new Float32Array(rows.length * length);
  rows.forEach(({ embedding }, i) => embeddings.set(embedding, i * length));
  const set = { embeddings, people: rows.map(({ person }) => person), pictures: rows.map(({ file }) => file) };
  return { set, leftOut };
}

/** Two sets as one. */
export function joinedSets(a: FaceSet, b: FaceSet): FaceSet {
  const embeddings = new Float32Array(a.embeddings.length + b.embeddings.length);
  embeddings.set(a.embeddings);
  embeddings.set(b.embeddings, a.embeddings.length);
  return { embeddings, people: [...a.people, ...b.people], pictures: [...a.pictures, ...b.pictures] };
}
