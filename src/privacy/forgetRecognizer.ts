import fs from 'node:fs';
import path from 'node:path';
import { formatCount } from '../core/format.js';
import { eraseFile, erasingOld } from '../platform/erase.js';
import { readRecognizer, writeRecognizer } from '../recognizers/recognizerFolder.js';
import { withRecognizerLock } from '../recognizers/recognizerLock.js';
import { rowsOf, type EnrolledPicture, type Person, type Recognizer } from '../recognizers/recognizer.js';
import { isWithin } from './folderSize.js';
import type { Looking } from './found.js';
import type { PersonPictures } from './personPictures.js';

/** Whether the person is enrolled, remembered in a change, or shown by a picture that somebody else is compared with. */
export function knowsPerson({ record }: Recognizer, person: PersonPictures): boolean {
  const states = [record.people, ...record.history.map(({ before }) => before)].flat();
  return (
    states.some((one) => isAbout(one, person)) ||
    record.history.some(({ done, after }) => person.name.stands(done) || after.some((name) => person.name.is(name)))
  );
}

/**
 * Takes a person out of a recognizer: their name, their vectors, the changes that tell of them, which nothing takes back then, and
 * pictures of theirs that were pasted or came from a camera. It answers for the others as before.
 *
 * @throws UserError `recognizer-…`
 */
export async function forgetInRecognizer(folder: string, looking: Looking): Promise<void> {
  const { person, change, trace, vector } = looking;
  const recognizer = readRecognizer(folder);
  if (!knowsPerson(recognizer, person)) return;
  const kept = withoutPerson(recognizer, person);
  const gone = rowsGone(recognizer, kept);
  const { length } = recognizer.record.network;
  const pasted = pastedPictures(folder, recognizer, person);
  trace({
    ...{ kind: 'recognizer', path: folder, bytes: 4 * length * gone.length },
    found: `the name and ${formatCount(gone.length, 'vector')}`,
  });
  if (!change) return;
  for (const row of gone) vector(recognizer.embeddings.slice(row * length, (row + 1) * length));
  await withRecognizerLock(folder, () => {
    const before = readRecognizer(folder);
    const files = ['recognizer.json', before.record.gallery.file].map((name) => path.join(folder, name));
    erasingOld(files, () => writeRecognizer(folder, withoutPerson(before, person)));
  });
  for (const file of pasted) eraseFile(file);
}

function withoutPerson({ record, embeddings }: Recognizer, person: PersonPictures): Recognizer {
  const told = record.history.findLastIndex(
    ({ done, before, after }) =>
      person.name.stands(done) ||
      before.some((one) => isAbout(one, person)) ||
      after.some((name) => person.name.is(name)),
  );
  const people = record.people
    .filter(({ name }) => !person.name.is(name))
    .map((one) => ({
      ...one,
      // Somebody has said of these that they show this other person, whatever folder they lie in.
      pictures: one.pictures.map((picture) => ({ ...picture, file: person.name.without(picture.file) })),
      negatives: one.negatives.filter(({ file }) => !person.owns(file) && !person.name.stands(file)),
    }));
  // A change can only be taken back after all later ones: where one tells of the person, it and all before it go.
  return { record: { ...record, people, history: record.history.slice(told + 1) }, embeddings };
}

function isAbout({ name, pictures, negatives }: Person, person: PersonPictures): boolean {
  const shows = ({ file }: EnrolledPicture) => person.owns(file) || person.name.stands(file);
  return person.name.is(name) || pictures.some(shows) || negatives.some(shows);
}

function rowsGone(before: Recognizer, after: Recognizer): number[] {
  const kept = new Set(rowsOf(after.record));
  return [...new Set(rowsOf(before.record))].filter((row) => !kept.has(row));
}

/** Copies that the recognizer made of pictures that were no files. */
function pastedPictures(folder: string, { record }: Recognizer, person: PersonPictures): string[] {
  const own = path.join(folder, 'pictures');
  return record.people
    .filter(({ name }) => person.name.is(name))
    .flatMap(({ pictures }) => pictures.map(({ file }) => file))
    .filter((file) => isWithin(own, file) && fs.lstatSync(file, { throwIfNoEntry: false })?.isFile());
}
