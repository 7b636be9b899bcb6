import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import type { Threshold } from '../protocol/recognition.js';
import {
  MOST_HISTORY,
  personName,
  type Change,
  type EnrolledPicture,
  type Person,
  type Recognizer,
  type RecognizerRecord,
} from './recognizer.js';

// What can be done to a recognizer, each a function from one to the next. All but the adding of pictures do without the network.

/** A picture that was looked at: what is kept of it, and its embedding. */
export interface SeenPicture {
  readonly picture: Omit<EnrolledPicture, 'row'>;
  /** [length], of length one. */
  readonly embedding: Float32Array;
}

/** @throws UserError `recognizer-person` for what a person may not or cannot be called */
export type Edit = (recognizer: Recognizer) => Recognizer;

/** "This is …": pictures of a person, who may be new. A picture that is there already is replaced. */
export function addPictures(name: string, seen: readonly SeenPicture[]): Edit {
  return (before) => {
    requireName(name);
    const known = before.record.people.find((person) => person.name === name);
    const { recognizer, pictures } = withRows(before, seen);
    const files = new Set(pictures.map(({ file }) => file));
    const rest = (list: readonly EnrolledPicture[] = []) => list.filter(({ file }) => !files.has(file));
    const person: Person = {
      name,
      pictures: [...rest(known?.pictures), ...pictures],
      // Said of the same picture before: now it is the person.
      negatives: rest(known?.negatives),
    };
    const done = `Added ${formatCount(pictures.length, 'picture')} of ${name}`;
    return changed(recognizer, done, known ? [known] : [], [person]);
  };
}

/** "Not this person": whatever is more like one of these pictures than like the person is not named so. */
export function addNegatives(name: string, seen: readonly SeenPicture[]): Edit {
  return (before) => {
    const known = personOf(before.record, name);
    const { recognizer, pictures } = withRows(before, seen);
    const files = new Set(pictures.map(({ file }) => file));
    const rest = (list: readonly EnrolledPicture[]) => list.filter(({ file }) => !files.has(file));
    const kept = rest(known.pictures);
    const person: Person = {
      ...(kept.length === known.pictures.length ? known : withoutPrototype(known)),
      pictures: kept,
      negatives: [...rest(known.negatives), ...pictures],
    };
    return changed(
      recognizer,
      `Said that ${formatCount(pictures.length, 'picture')} is not ${name}`,
      [known],
      [person],
    );
  };
}

/** @param files as they stand in the recognizer */
export function removePictures(name: string, files: readonly string[]): Edit {
  return ({ record, embeddings }) => {
    const known = personOf(record, name);
    const gone = new Set(files);
    const rest = (list: readonly EnrolledPicture[]) => list.filter(({ file }) => !gone.has(file));
    const person: Person = {
      ...withoutPrototype(known),
      pictures: rest(known.pictures),
      negatives: rest(known.negatives),
    };
    const count = known.pictures.length + known.negatives.length - person.pictures.length - person.negatives.length;
    if (count === 0) throw noSuchPicture(name, files);
    const done = `Took away ${formatCount(count, 'picture')} of ${name}`;
    return changed({ record, embeddings }, done, [known], person.pictures.length === 0 ? [] : [person]);
  };
}

/** Pictures that lie with the wrong person, both of whom are known. @param files as they stand in the recognizer */
export function movePictures(from: string, to: string, files: readonly string[]): Edit {
  return (recognizer) => {
    const [one, other] = twoPeople(recognizer.record, from, to);
    const moved = new Set(files);
    const going = one.pictures.filter(({ file }) => moved.has(file));
    if (going.length === 0) throw noSuchPicture(from, files);
    const left: Person = {
      ...withoutPrototype(one),
      pictures: one.pictures.filter(({ file }) => !moved.has(file)),
    };
    const joined: Person = {
      ...withoutPrototype(other),
      pictures: uniqueFiles([...other.pictures, ...going]),
      negatives: other.negatives.filter(({ file }) => !moved.has(file)),
    };
    const done = `Moved ${formatCount(going.length, 'picture')} of ${from} to ${to}`;
    return changed(recognizer, done, [one, other], left.pictures.length === 0 ? [joined] : [left, joined]);
  };
}

export function removePerson(name: string): Edit {
  return (recognizer) => changed(recognizer, `Removed ${name}`, [personOf(recognizer.record, name)], []);
}

/** Removes a person so that nothing of theirs is left in the file, which nothing takes back. */
export function forgetPerson(name: string): Edit {
  return ({ record, embeddings }) => {
    const isGone = (person: Person) => person.name === name;
    const held = record.history.some(({ before, after }) => before.some(isGone) || after.includes(name));
    if (!record.people.some(isGone) && !held) personOf(record, name);
    return {
      record: {
        ...record,
        people: record.people.filter((person) => !isGone(person)),
        // A change can only be taken back after all later ones: where one holds the person, it and all before it go.
        history: record.history.slice(
          record.history.findLastIndex(({ before, after }) => before.some(isGone) || after.includes(name)) + 1,
        ),
      },
      embeddings,
    };
  };
}

export function renamePerson(from: string, to: string): Edit {
  return (recognizer) => {
    requireName(to);
    const known = personOf(recognizer.record, from);
    if (recognizer.record.people.some(({ name }) => name === to))
      throw new UserError(
        'recognizer-person',
        `There is a person called ${to} already.`,
        'Merge the two if they are one person, or choose another name.',
      );
    return changed(recognizer, `Renamed ${from} to ${to}`, [known], [{ ...known, name: to }]);
  };
}

/** Two names turn out to be one person: the pictures of `from` become pictures of `into`. */
export function mergePeople(from: string, into: string): Edit {
  return (recognizer) => {
    const [one, other] = twoPeople(recognizer.record, from, into);
    // What was said not to be the one may be the other: only what was said of both stays.
    const own = new Set([...one.pictures, ...other.pictures].map(({ file }) => file));
    const person: Person = {
      name: into,
      pictures: uniqueFiles([...other.pictures, ...one.pictures]),
      negatives: uniqueFiles([...other.negatives, ...one.negatives]).filter(({ file }) => !own.has(file)),
    };
    return changed(recognizer, `Merged ${from} into ${into}`, [one, other], [person]);
  };
}

export function setThreshold(threshold: Threshold): Edit {
  return ({ record, embeddings }) => {
    const done = `Set the threshold to ${threshold.value.toFixed(3)}`;
    const history = remembered(record, { done, before: [], after: [], threshold: record.threshold });
    return { record: { ...record, threshold, history }, embeddings };
  };
}

/** Takes the last change back. @throws UserError where there is none */
export const undo: Edit = ({ record, embeddings }) => {
  const last = record.history.at(-1);
  if (!last)
    throw new UserError(
      'recognizer-person',
      'There is no change to take back.',
      `The last ${MOST_HISTORY} changes can be taken back.`,
    );
  const people = record.people.filter(({ name }) => !last.after.includes(name));
  return {
    record: {
      ...record,
      people: sorted([...people, ...last.before]),
      threshold: last.threshold ?? record.threshold,
      history: record.history.slice(0, -1),
    },
    embeddings,
  };
};

function changed(
  { record, embeddings }: Recognizer,
  done: string,
  before: readonly Person[],
  after: readonly Person[],
): Recognizer {
  const gone = new Set(before.map(({ name }) => name));
  const people = sorted([...record.people.filter(({ name }) => !gone.has(name)), ...after]);
  const history = remembered(record, { done, before: [...before], after: after.map(({ name }) => name) });
  return { record: { ...record, people, history }, embeddings };
}

function remembered({ history }: RecognizerRecord, change: Omit<Change, 'at'>): Change[] {
  return [...history, { ...change, at: new Date().toISOString() }].slice(-MOST_HISTORY);
}

/** By code unit: the same on every machine. */
function sorted(people: readonly Person[]): Person[] {
  return [...people].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** New rows behind those that are there. */
function withRows(
  { record, embeddings }: Recognizer,
  seen: readonly SeenPicture[],
): { recognizer: Recognizer; pictures: EnrolledPicture[] } {
  const { length } = record.network;
  const { rows } = record.gallery;
  const values = new Float32Array((rows + seen.length) * length);
  values.set(embeddings.subarray(0, rows * length));
  const pictures = seen.map(({ picture, embedding }, i): EnrolledPicture => {
    if (embedding.length !== length) throw new RangeError(`${embedding.length} numbers instead of ${length}`);
    values.set(embedding, (rows + i) * length);
    return { ...picture, row: rows + i };
  });
  const gallery = { ...record.gallery, rows: rows + seen.length };
  return { recognizer: { record: { ...record, gallery }, embeddings: values }, pictures };
}

function withoutPrototype({ name, pictures, negatives }: Person): Person {
  return { name, pictures, negatives };
}

function uniqueFiles(pictures: readonly EnrolledPicture[]): EnrolledPicture[] {
  return [...new Map(pictures.map((picture) => [picture.file, picture])).values()];
}

function personOf({ people, name: recognizer }: RecognizerRecord, name: string): Person {
  const found = people.find((person) => person.name === name);
  if (!found)
    throw new UserError(
      'recognizer-person',
      `“${recognizer}” knows nobody called ${name}.`,
      'Names are written as they are listed, capital letters too.',
    );
  return found;
}

/** @throws UserError `recognizer-person` where they are one, or not known */
function twoPeople(record: RecognizerRecord, from: string, to: string): [Person, Person] {
  if (from === to)
    throw new UserError('recognizer-person', `“${from}” is one person, and two are needed.`, 'Name two people.');
  return [personOf(record, from), personOf(record, to)];
}

function noSuchPicture(name: string, files: readonly string[]): UserError {
  return new UserError(
    'recognizer-person',
    `${name} has no picture “${files[0] ?? ''}”.`,
    'Name a picture as the list of the person’s pictures does.',
  );
}

function requireName(name: string): void {
  if (!personName.safeParse(name).success)
    throw new UserError(
      'recognizer-person',
      `Nobody can be called “${name}”.`,
      'A name has at most 200 letters, no line breaks and no space at either end; “unknown” is what strangers are called.',
    );
}
