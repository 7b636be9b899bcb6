import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { syncFolder, withDiskErrors, writeFileAtomically, writeFileSynced, type DiskWords } from '../platform/files.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { isOwnFile, readOwnFile } from '../platform/regularFile.js';
import { sha256 } from '../platform/sha256.js';
import { decodeSafetensors, encodeSafetensors } from '../runs/safetensors.js';
import { recognizerRecord, rowsOf, type Person, type Recognizer, type RecognizerRecord } from './recognizer.js';

const RECORD = 'recognizer.json';
const GALLERY = /^gallery-[0-9a-f]{16}\.safetensors$/;
const LEFTOVER = /^(?:\.gallery-[0-9a-f]{16}\.safetensors|recognizer\.json)\.tmp-\d+$/;
const TENSOR = 'embeddings';

const MOST_RECORD_BYTES = 1 << 28;
const MOST_GALLERY_BYTES = 1 << 30;
/** How far the length of a row may be from one: that of float32 after a division. */
const LENGTH_TOLERANCE = 1e-3;
/** A record that was read may name a gallery that the next writer has replaced by now: then the record is read again. */
const ATTEMPTS = 20;

/** Whether a folder is a recognizer: the record is what appears last. */
export function isRecognizer(folder: string): boolean {
  return isOwnFile(path.join(folder, RECORD));
}

/** Changes with every write of the recognizer; undefined where there is none. */
export function recognizerStamp(folder: string): string | undefined {
  const stat = fs.statSync(path.join(folder, RECORD), { throwIfNoEntry: false });
  return stat && `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
}

/**
 * Reads a recognizer whole, whatever others write meanwhile.
 *
 * @param folder absolute
 * @throws UserError `recognizer-missing`, `recognizer-damaged`, `recognizer-version`
 */
export function readRecognizer(folder: string): Recognizer {
  for (let attempt = 1; ; attempt++) {
    const record = readRecord(folder);
    const bytes = galleryBytes(folder, record, attempt === ATTEMPTS);
    if (bytes) return { record, embeddings: embeddingsOf(folder, record, bytes) };
  }
}

function readRecord(folder: string): RecognizerRecord {
  let json: unknown;
  try {
    json = JSON.parse(readOwnFile(path.join(folder, RECORD), MOST_RECORD_BYTES).toString('utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' || (cause as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new UserError(
        'recognizer-missing',
        `“${folder}” is not a recognizer.`,
        'Choose the folder of a recognizer, or make one with “face-trainer enroll <folder>”.',
        { cause },
      );
    throw damaged(folder, `${RECORD} cannot be read`, cause);
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (typeof version === 'number' && version > 1)
    throw new UserError(
      'recognizer-version',
      `The recognizer “${folder}” has format ${version}; this version of Face Trainer reads format 1.`,
      'Update Face Trainer to read it.',
    );
  const { data, error } = recognizerRecord.safeParse(json);
  if (!data) throw damaged(folder, `${RECORD} is not what it should be`, error);
  return data;
}

/** @returns undefined where the gallery is gone because a newer one has taken its place */
function galleryBytes(folder: string, { gallery }: RecognizerRecord, last: boolean): Uint8Array | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readOwnFile(path.join(folder, gallery.file), MOST_GALLERY_BYTES);
  } catch (cause) {
    if (!last && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(folder, `${gallery.file} cannot be read`, cause);
  }
  if (sha256(bytes) !== gallery.sha256) throw damaged(folder, `${gallery.file} was changed or cut short`);
  return bytes;
}

function embeddingsOf(folder: string, { gallery, network }: RecognizerRecord, bytes: Uint8Array): Float32Array {
  const tensor = tensorOf(folder, gallery.file, bytes);
  const { rows } = gallery;
  const { length } = network;
  if (tensor?.shape.join() !== [rows, length].join())
    throw damaged(folder, `${gallery.file} does not hold ${gallery.rows} embeddings of ${network.length} numbers`);
  const { values } = tensor;
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * length; i < (row + 1) * length; i++) square += values[i]! * values[i]!;
    // Also false for what is not finite.
    if (!(Math.abs(square - 1) <= LENGTH_TOLERANCE))
      throw damaged(folder, `embedding ${row} of ${gallery.file} is no vector of length 1`);
  }
  return values;
}

function tensorOf(folder: string, file: string, bytes: Uint8Array) {
  try {
    return decodeSafetensors(bytes).tensors.find(({ name }) => name === TENSOR);
  } catch (cause) {
    throw damaged(folder, `${file} is not what it should be`, cause);
  }
}

/**
 * Writes a recognizer so that a reader meets it whole, as it was or as it is now. The gallery comes first, under a name that its
 * contents give; the record that names it follows, by one rename; then galleries that no record names any more go. Rows that
 * nothing points to are left out.
 *
 * @param folder absolute; one at a time writes to it (`recognizerLock.ts`)
 * @returns what was written
 * @throws UserError where the disk does not take it
 */
export function writeRecognizer(folder: string, recognizer: Recognizer): Recognizer {
  const written = compacted(recognizer);
  const { network, gallery } = written.record;
  const bytes = galleryFile(written);
  const digest = sha256(bytes);
  const file = `gallery-${digest.slice(0, 16)}.safetensors`;
  const record: RecognizerRecord = { ...written.record, gallery: { file, sha256: digest, rows: gallery.rows } };
  if (bytes.length > MOST_GALLERY_BYTES)
    throw new RangeError(`${gallery.rows} embeddings of ${network.length} numbers are too many`);
  recognizerRecord.parse(record);
  withDiskErrors(diskWords(folder), () => {
    const isNew = !fs.existsSync(folder);
    const at = isNew ? path.join(path.dirname(folder), `.tmp-${path.basename(folder)}-${process.pid}`) : folder;
    makePrivateFolder(at);
    try {
      if (!fs.existsSync(path.join(at, file))) putGallery(at, file, bytes);
      writeFileAtomically(path.join(at, RECORD), `${JSON.stringify(record, null, 1)}\n`);
      if (isNew) {
        fs.renameSync(at, folder);
        syncFolder(path.dirname(folder));
      } else removeOthers(at, file);
    } catch (error) {
      if (isNew) fs.rmSync(at, { recursive: true, force: true });
      throw error;
    }
  });
  return { record, embeddings: written.embeddings };
}

/** Also one that another process is writing would be whole: its name says what it holds. */
function putGallery(folder: string, file: string, bytes: Uint8Array): void {
  const temporary = path.join(folder, `.${file}.tmp-${process.pid}`);
  try {
    writeFileSynced(temporary, bytes);
    fs.renameSync(temporary, path.join(folder, file));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Galleries of before, and what a writer that was killed has left: nobody else is writing now. */
function removeOthers(folder: string, file: string): void {
  for (const name of fs.readdirSync(folder))
    if ((name !== file && GALLERY.test(name)) || LEFTOVER.test(name))
      fs.rmSync(path.join(folder, name), { force: true });
}

function galleryFile({ record: { network, gallery }, embeddings }: Recognizer): Uint8Array {
  const metadata = { network: network.name, digest: network.digest, precision: network.precision };
  return encodeSafetensors([{ name: TENSOR, shape: [gallery.rows, network.length], values: embeddings }], metadata);
}

/** The rows that something points to, in the order in which they stood. */
function compacted({ record, embeddings }: Recognizer): Recognizer {
  const { length } = record.network;
  const used = [...new Set(rowsOf(record))].sort((a, b) => a - b);
  const place = new Map(used.map((row, i) => [row, i]));
  const values = new Float32Array(used.length * length);
  used.forEach((row, i) => values.set(embeddings.subarray(row * length, (row + 1) * length), i * length));
  const moved = ({ name, pictures, negatives, prototype }: Person): Person => ({
    name,
    pictures: pictures.map((picture) => ({ ...picture, row: place.get(picture.row)! })),
    negatives: negatives.map((picture) => ({ ...picture, row: place.get(picture.row)! })),
    ...(prototype === undefined ? {} : { prototype: place.get(prototype)! }),
  });
  const people = record.people.map(moved);
  const history = record.history.map((change) => ({ ...change, before: change.before.map(moved) }));
  return {
    record: { ...record, people, history, gallery: { ...record.gallery, rows: used.length } },
    embeddings: values,
  };
}

function diskWords(folder: string): DiskWords {
  return {
    what: `the recognizer “${folder}”`,
    whenFull: 'Free some space and try again; the recognizer is as it was.',
    whenUnwritable: 'Choose a folder on a disk that can be written to.',
    code: 'output-unwritable',
  };
}

function damaged(folder: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'recognizer-damaged',
    `The recognizer “${folder}” is damaged: ${what}.`,
    'Enrol the pictures again.',
    { cause },
  );
}
