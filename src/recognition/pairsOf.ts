import fs from 'node:fs';
import path from 'node:path';
import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import type { FaceSet } from '../evaluation/faceSet.js';
import { readPairs, type NamedPair, type Pair, type PairPicture } from '../evaluation/pairs.js';
import { readRegularFile } from '../platform/regularFile.js';
import type { OwnedPicture } from './faceSetOf.js';

const LIST = 'pairs.txt';
/** LFW's has 160 KB. */
const MOST_LIST_BYTES = 1 << 26;
const ENDINGS = ['.jpg', '.jpeg', '.png'];

/** A protocol of verification as it lies in a folder: a list of pairs, and the pictures that it names. */
export interface PairsFolder {
  readonly list: readonly NamedPair[];
  readonly pictures: readonly OwnedPicture[];
}

/**
 * @param folder with LFW's `pairs.txt` and a folder for each person
 * @throws UserError `pairs-list` where the list is absent or not in LFW's format, or a picture of it is not there
 */
export function pairsFolder(folder: string): PairsFolder {
  const file = path.join(folder, LIST);
  if (!fs.existsSync(file))
    throw new UserError(
      'pairs-list',
      `There is no ${LIST} in “${folder}”.`,
      'Choose a folder with pairs.txt in LFW’s format and a folder of pictures for each person.',
    );
  const list = readPairs(textOf(file));
  const pictures = new Map(
    list.flatMap(({ pictures: two }) => two.map((picture) => [keyOf(picture), ownedBy(folder, picture)] as const)),
  );
  return { list, pictures: [...pictures.values()] };
}

function textOf(file: string): string {
  try {
    return readRegularFile(file, MOST_LIST_BYTES).toString('utf8');
  } catch (cause) {
    throw new UserError(
      'pairs-list',
      `The list of pairs “${file}” cannot be read.`,
      'Choose a folder with pairs.txt in LFW’s format and a folder of pictures for each person.',
      { cause },
    );
  }
}

/** The pairs of which both pictures show a face, as rows of the set; the others are told of. */
export function scoredPairs({ list }: PairsFolder, folder: string, faces: FaceSet, notes: string[]): Pair[] {
  const rowOf = new Map(faces.pictures.map((file, row) => [file, row]));
  const scored = list.flatMap(({ pictures: [one, other], same, fold }): Pair[] => {
    const a = rowOf.get(ownedBy(folder, one).file);
    const b = rowOf.get(ownedBy(folder, other).file);
    return a === undefined || b === undefined ? [] : [{ a, b, same, fold }];
  });
  const missing = list.length - scored.length;
  if (missing > 0)
    notes.push(`${formatCount(missing, 'pair')} of ${list.length.toLocaleString('en-US')} left out with them.`);
  return scored;
}

const keyOf = ({ person, number }: PairPicture) => `${person}\0${number}`;

function ownedBy(folder: string, { person, number }: PairPicture): OwnedPicture {
  const stem = path.join(folder, person, `${person}_${String(number).padStart(4, '0')}`);
  // A name is a stranger's: it must not lead out of the folder.
  const isInside = path.basename(person) === person && person !== '..';
  const file = isInside ? ENDINGS.map((ending) => stem + ending).find((name) => fs.existsSync(name)) : undefined;
  if (file !== undefined) return { person, file };
  throw new UserError(
    'pairs-list',
    `The list of pairs names picture ${number} of ${person}, which is not there.`,
    `Put it where the list says: ${person}/${person}_${String(number).padStart(4, '0')}.jpg.`,
  );
}
