import fs from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../platform/files.js';
import { isGoneForGood } from '../platform/goneFolder.js';
import { isAlive } from '../platform/isAlive.js';
import { namesIn } from '../platform/namesIn.js';
import {
  AT,
  bytesOf,
  INDEX,
  isLocked,
  keyOf,
  lock,
  PIXELS,
  PRIVATE_COPY,
  readAbout,
  recordKey,
  recordsIn,
  unlock,
  type CacheAbout,
} from './pixelCacheFiles.js';

/** A cache of decoded pictures as it lies there. */
export interface StoredCache {
  readonly folder: string;
  /** Absent in caches of earlier versions. */
  readonly about: CacheAbout | undefined;
  readonly bytes: number;
  /** Pictures that it has pixels of. */
  readonly pictures: number;
  readonly usedMs: number;
  /** A process reads or writes it now. */
  readonly busy: boolean;
}

/** The caches of a folder, with the private copies of processes. */
export function storedCaches(parent: string): StoredCache[] {
  return namesIn(parent).flatMap((name) => {
    const folder = path.join(parent, name);
    const index = path.join(folder, INDEX);
    const stat = fs.statSync(index, { throwIfNoEntry: false });
    if (!stat) return [];
    const pid = PRIVATE_COPY.exec(name)?.[1];
    const busy = pid === undefined ? isLocked(folder) : isAlive(Number(pid));
    const pictures = newestRecords(fs.readFileSync(index)).filter((record) => record.readInt32LE(AT.slot) >= 0).length;
    return { folder, about: readAbout(folder), bytes: bytesOf(folder), pictures, usedMs: stat.mtimeMs, busy };
  });
}

/** Removes the caches of datasets that are gone for good. */
export function removeGoneCaches(parent: string): void {
  for (const name of namesIn(parent)) {
    const folder = path.join(parent, name);
    const dataset = readAbout(folder)?.dataset;
    const usedMs = fs.statSync(path.join(folder, INDEX), { throwIfNoEntry: false })?.mtimeMs;
    if (dataset === undefined || usedMs === undefined || isLocked(folder)) continue;
    if (isGoneForGood(dataset, usedMs)) fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What is to be found no more: bytes of pixels that were erased. */
export interface Erased {
  readonly pictures: number;
  readonly bytes: number;
}

/**
 * Erases from a cache whatever is not of the files that stay: their records go, and every slot that no record points to is written
 * over, also those that an erasing which was killed has left. The others are found as before. A cache that does not say how large its
 * slots are, of an earlier version, is emptied.
 *
 * @param stays files relative to the dataset
 * @param onErased the pixels of each picture, as they go, and the key of its file; without one they were of no file any more
 * @returns undefined where another process has the cache
 * @throws what the file system says
 */
export function eraseFromCache(
  folder: string,
  stays: ReadonlySet<string>,
  onErased: (pixels: Uint8Array, key: string | undefined) => void = () => undefined,
): Erased | undefined {
  if (!lock(folder)) return undefined;
  try {
    const index = path.join(folder, INDEX);
    const size = readAbout(folder)?.size;
    const keys = new Set(size === undefined ? [] : [...stays].map(keyOf));
    const records = newestRecords(fs.readFileSync(index));
    const kept = records.filter((record) => keys.has(recordKey(record)));
    // The records first: a cache must never point to pixels that are erased.
    writeFileAtomically(index, Buffer.concat(kept));
    const used = new Set(kept.map((record) => record.readInt32LE(AT.slot)));
    const keyAt = new Map(records.map((record) => [record.readInt32LE(AT.slot), recordKey(record)]));
    const slotBytes = size === undefined ? 1 << 20 : size * size * 3;
    const bytes = eraseSlots(path.join(folder, PIXELS), slotBytes, used, (pixels, slot) =>
      onErased(pixels, size === undefined ? undefined : keyAt.get(slot)),
    );
    return { pictures: records.length - kept.length, bytes };
  } finally {
    unlock(folder);
  }
}

/** @returns bytes that were written over */
function eraseSlots(
  file: string,
  slotBytes: number,
  used: ReadonlySet<number>,
  onErased: (bytes: Uint8Array, slot: number) => void,
): number {
  const pixels = fs.openSync(file, 'r+');
  try {
    let erased = 0;
    const slots = Math.ceil(fs.fstatSync(pixels).size / slotBytes);
    for (let slot = 0; slot < slots; slot++) {
      if (used.has(slot)) continue;
      const content = Buffer.alloc(slotBytes);
      const got = fs.readSync(pixels, content, 0, slotBytes, slot * slotBytes);
      if (!content.some((byte) => byte !== 0)) continue;
      onErased(content.subarray(0, got), slot);
      fs.writeSync(pixels, Buffer.alloc(got), 0, got, slot * slotBytes);
      erased += got;
    }
    fs.fsyncSync(pixels);
    return erased;
  } finally {
    fs.closeSync(pixels);
  }
}

/** How many pictures of a cache are not of the files that stay. */
export function othersIn(folder: string, stays: ReadonlySet<string>): number {
  const keys = new Set([...stays].map(keyOf));
  const records = newestRecords(fs.readFileSync(path.join(folder, INDEX)));
  return records.filter((record) => !keys.has(recordKey(record))).length;
}

/** The record that counts for each file, up to the first that does not hold. */
function newestRecords(index: Buffer): Buffer[] {
  const newest = new Map<string, Buffer>();
  for (const [, record] of recordsIn(index)) newest.set(recordKey(record), record);
  return [...newest.values()];
}
