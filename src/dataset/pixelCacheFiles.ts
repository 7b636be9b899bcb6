import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { writeFileAtomically } from '../platform/files.js';
import { isWriterAlive, ownName } from '../platform/isAlive.js';
import { PRIVATE_FILE } from '../platform/rights.js';
import { readOwnFile } from '../platform/regularFile.js';

// How a pixel cache lies on the disk: `pixelCache.ts` fills it, `pixelCacheUpkeep.ts` empties it.

export const INDEX = 'index';
export const PIXELS = 'pixels';
const LOCK = 'lock';
const ABOUT = 'dataset.json';
/** Bytes of a record of the index, and where in it what stands. */
export const RECORD = 128;
export const AT = {
  ...{ key: 0, bytes: 16, modified: 24, fault: 32, format: 33, pages: 34, width: 36, height: 40 },
  ...{ content: 44, differenceHash: 60, slot: 92, pixelSum: 96, sum: RECORD - 4 },
} as const;

/** Begins the name of a private copy, then the pid of its process. */
export const PRIVATE_COPY = /^private-(\d+)-/;

const about = z.object({
  version: z.literal(1),
  /** Absolute, without links. */
  dataset: z.string(),
  /** Side of a stored picture. */
  size: z.int().min(1),
  people: z.int().min(0).optional(),
  pictures: z.int().min(0).optional(),
});
/** Whose pictures a cache holds. */
export type CacheAbout = Readonly<z.infer<typeof about>>;

const SMALL_BYTES = 1 << 16;

/** What a record of the index begins with: of the file's path, relative to the dataset. */
export function keyOf(file: string): string {
  return createHash('sha256').update(file).digest().toString('latin1', 0, 16);
}

/** The records of an index with their places, up to the first that does not hold: there a writer was stopped. */
export function* recordsIn(index: Buffer): Generator<readonly [at: number, record: Buffer]> {
  for (let at = 0; at + RECORD <= index.length; at += RECORD) {
    const record = index.subarray(at, at + RECORD);
    if (record.readUInt32LE(AT.sum) !== crc32(record.subarray(0, AT.sum))) return;
    yield [at, record];
  }
}

/** The key that a record is of. */
export function recordKey(record: Buffer): string {
  return record.toString('latin1', AT.key, AT.bytes);
}

/** Says in the cache whose pictures it holds. */
export function writeAbout(folder: string, what: Omit<CacheAbout, 'version'>): void {
  const said: CacheAbout = { version: 1, ...what };
  if (JSON.stringify(readAbout(folder)) !== JSON.stringify(said))
    writeFileAtomically(path.join(folder, ABOUT), `${JSON.stringify(said)}\n`);
}

/** @returns undefined for a cache of an earlier version, which does not say it */
export function readAbout(folder: string): CacheAbout | undefined {
  try {
    return about.parse(JSON.parse(readOwnFile(path.join(folder, ABOUT), SMALL_BYTES).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** @returns whether this process may write */
export function lock(folder: string): boolean {
  const file = path.join(folder, LOCK);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      fs.writeFileSync(file, ownName(), { flag: 'wx', mode: PRIVATE_FILE });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isLocked(folder)) return false;
      fs.rmSync(file, { force: true }); // its writer was killed
    }
  }
  return false;
}

export function unlock(folder: string): void {
  fs.rmSync(path.join(folder, LOCK), { force: true });
}

export function isLocked(folder: string): boolean {
  try {
    return isWriterAlive(fs.readFileSync(path.join(folder, LOCK), 'utf8'));
  } catch {
    return false;
  }
}

/** Of pixels and index together. */
export function bytesOf(folder: string): number {
  return [PIXELS, INDEX].reduce(
    (sum, file) => sum + (fs.statSync(path.join(folder, file), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
