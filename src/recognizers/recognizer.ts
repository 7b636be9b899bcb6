import * as z from 'zod';
import { template } from '../graph/preprocessing.js';
import { faceQuality, networkAtWork, threshold, UNKNOWN, type RecognizerSummary } from '../protocol/recognition.js';
import { thresholdInUse } from './thresholdInUse.js';

// What a recognizer is: `recognizer.json` as a schema, and the embeddings that its rows point into (docs/recognizer-format.md).

/** Beyond these a file is nothing that Face Trainer wrote. */
export const MOST_ROWS = 1_000_000;
export const LONGEST_EMBEDDING = 4096;
const MOST_PEOPLE = 100_000;
const MOST_PICTURES = 100_000;
/** Changes that can be taken back. */
export const MOST_HISTORY = 50;

/** Ends of lines and the like would break every list that shows a name, marks of direction would turn the text behind it around. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

export const personName = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name.trim() === name && !UNPRINTABLE.test(name) && name.toLowerCase() !== UNKNOWN);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const row = z.int().min(0).max(MOST_ROWS);
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((file) => !file.includes('\0'));

/** A face that was turned into a row of the gallery, and the picture that it was found in. */
const enrolledPicture = z.object({
  /** Absolute, where it lay then. */
  file: path,
  /** Size and time of change of the file then. */
  bytes: z.int().min(0),
  modifiedMs: z.number(),
  row,
  quality: faceQuality.optional(),
});
export type EnrolledPicture = Readonly<z.infer<typeof enrolledPicture>>;

const person = z.object({
  name: personName,
  pictures: z.array(enrolledPicture).max(MOST_PICTURES),
  /** "Not this person": a face more like one of these than like the person is not named so. */
  negatives: z.array(enrolledPicture).max(MOST_PICTURES),
  /** A trained vector that the person is compared by, in place of the mean of the pictures. */
  prototype: row.optional(),
});
export type Person = Readonly<z.infer<typeof person>>;

/** A change that can be taken back: the people called `after` go, those of `before` come back, the threshold as it was. */
const change = z.object({
  /** As a sentence without a full stop: "Added 2 pictures of Anna". */
  done: z.string().min(1).max(1000),
  /** ISO 8601, UTC. */
  at: z.string().max(40),
  before: z.array(person).max(MOST_PEOPLE),
  after: z.array(personName).max(MOST_PEOPLE),
  threshold: threshold.optional(),
});

export type Change = Readonly<z.infer<typeof change>>;

/** The network that the embeddings are of: they must not be compared with those of another, or in another precision. */
export const recognizerNetwork = networkAtWork.extend({
  /** Where a network that was trained here lay; absolute. */
  path: path.optional(),
  /** Numbers in an embedding. */
  length: z.int().min(1).max(LONGEST_EMBEDDING),
  /** Side of the square that it looks at, in pixels. */
  size: z.int().min(1).max(4096),
  /** Where an aligned face has its points; absent for a network of whole pictures. */
  template: template.optional(),
});
export type RecognizerNetwork = Readonly<z.infer<typeof recognizerNetwork>>;

export const recognizerRecord = z
  .object({
    version: z.literal(1),
    name: personName,
    /** ISO 8601, UTC. */
    created: z.string().max(40),
    network: recognizerNetwork,
    gallery: z.object({
      file: z.string().regex(/^gallery-[0-9a-f]{16}\.safetensors$/),
      sha256,
      rows: row,
    }),
    people: z.array(person).max(MOST_PEOPLE),
    threshold,
    /** The newest last. */
    history: z.array(change).max(MOST_HISTORY),
  })
  .refine(({ people }) => new Set(people.map(({ name }) => name)).size === people.length, 'two people of one name')
  .refine(
    (record) => rowsOf(record).every((used) => used < record.gallery.rows),
    'a picture points beyond the end of the gallery',
  );
export type RecognizerRecord = Readonly<z.infer<typeof recognizerRecord>>;

/** A recognizer in memory; nothing of it is ever changed in place. */
export interface Recognizer {
  readonly record: RecognizerRecord;
  /** [rows, length], each row of length one. */
  readonly embeddings: Float32Array;
}

/** Every row that something points to, once for each that does. */
export function rowsOf({
  people,
  history,
}: {
  readonly people: readonly Person[];
  readonly history: readonly Change[];
}): number[] {
  const all = [people, ...history.map(({ before }) => before)].flat();
  return all.flatMap(({ pictures, negatives, prototype }) => [
    ...[...pictures, ...negatives].map((picture) => picture.row),
    ...(prototype === undefined ? [] : [prototype]),
  ]);
}

export function embeddingAt({ record, embeddings }: Recognizer, row: number): Float32Array {
  const { length } = record.network;
  return embeddings.subarray(row * length, (row + 1) * length);
}

/** @param folder where it lies; absolute */
export function summaryOf({ record }: Recognizer, folder: string): RecognizerSummary {
  const { name, network, people, history } = record;
  const last = history.at(-1)?.done;
  return {
    ...{ folder, name, network: networkAtWork.parse(network), threshold: thresholdInUse(record) },
    people: people.map(({ name: of, pictures, negatives }) => ({
      person: of,
      pictures: pictures.length,
      notThisPerson: negatives.length,
    })),
    ...(last === undefined ? {} : { lastChange: last }),
  };
}
