import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { isAlive } from '../platform/isAlive.js';
import { makePrivateFolder, openPrivateFile } from '../platform/privateFolder.js';
import { FAULTS, FORMATS, type Fault, type PictureFact } from './pictureFacts.js';
import {
  AT,
  bytesOf,
  INDEX,
  isLocked,
  keyOf,
  lock,
  PIXELS,
  PRIVATE_COPY,
  RECORD,
  recordKey,
  recordsIn,
  unlock,
  writeAbout,
} from './pixelCacheFiles.js';
import { removeGoneCaches } from './pixelCacheUpkeep.js';

/** What a file was when it was read: the key of its entry. */
export interface FileStamp {
  /** Relative to the dataset. */
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface CachedPicture {
  readonly fact: PictureFact;
  /** Place of the pixels; -1 where there was no room for them. */
  readonly slot: number;
}

/** Raised when pictures are decoded in another way: caches of before are then left to eviction. */
const VERSION = 2;
const FAULT_NAMES = Object.keys(FAULTS) as Fault[];

/**
 * Decoded pictures of one dataset and size on disk: `pixels`, where each has a slot of size · size · 3 bytes, and
 * `index`, a record of 128 bytes for each file with its stamp, its facts, its slot and a checksum of both. Pixels are
 * written before their record, and what does not match its checksum counts as absent: a writer may be killed at any
 * point. A changed file gets a new record; when most of the pixels are of no use any more, the cache starts anew.
 *
 * Decoded faces are nobody else's business: the folders are 0700, the files 0600, also where they were not before.
 *
 * One process writes a cache at a time. A second one gets a private copy of its own that goes when it is closed.
 */
export class PixelCache {
  /** Place of the newest record of each file in the index, by the hash of its name. */
  private readonly places = new Map<string, number>();
  private readonly pixelFile: number;
  private readonly indexFile: number;
  private slots = 0;
  private indexEnd = 0;
  private closed = false;

  private constructor(
    readonly folder: string,
    private readonly slotBytes: number,
    private readonly maximumSlots: number,
    private readonly temporary: boolean,
  ) {
    const flags = fs.constants.O_RDWR | fs.constants.O_CREAT;
    this.pixelFile = openPrivateFile(path.join(folder, PIXELS), flags);
    this.indexFile = openPrivateFile(path.join(folder, INDEX), flags);
  }

  /**
   * @param parent folder of all caches
   * @param size side of a stored picture
   * @param maximumBytes what all caches together may take: the ones used least recently go first, and before them those of datasets
   *   that are gone for good
   * @param of how many people and pictures the dataset has, for whoever asks what lies here
   * @throws what the file system says: without a cache pictures are decoded whenever they are wanted
   */
  static open(
    parent: string,
    root: string,
    size: number,
    maximumBytes: number,
    of: { readonly people?: number; readonly pictures?: number } = {},
  ): PixelCache {
    const dataset = fs.realpathSync(root);
    const name = createHash('sha256').update(`${VERSION}\0${dataset}\0${size}`).digest('hex').slice(0, 24);
    makePrivateFolder(parent);
    removeOrphans(parent);
    removeGoneCaches(parent);
    const shared = path.join(parent, name);
    makePrivateFolder(shared);
    const owned = lock(shared);
    const folder = owned ? shared : fs.mkdtempSync(path.join(parent, `private-${process.pid}-`));
    writeAbout(folder, { dataset, size, ...of });
    const slotBytes = size * size * 3;
    const room = makeRoom(parent, shared, maximumBytes);
    const cache = new PixelCache(folder, slotBytes, Math.floor(room / slotBytes), !owned);
    cache.load();
    return cache;
  }

  /** What is known of a file, when it is still as it was. */
  find(stamp: FileStamp): CachedPicture | undefined {
    const record = this.record(stamp.file);
    if (
      !record ||
      record.readDoubleLE(AT.bytes) !== stamp.bytes ||
      record.readDoubleLE(AT.modified) !== stamp.modifiedMs
    )
      return undefined;
    const fault = FAULT_NAMES[record[AT.fault]!];
    const format = FORMATS[record[AT.format]!];
    if (fault === undefined || format === undefined) return undefined;
    return {
      fact: {
        fault,
        format,
        pages: record.readUInt16LE(AT.pages),
        width: record.readUInt32LE(AT.width),
        height: record.readUInt32LE(AT.height),
        content: record.subarray(AT.content, AT.differenceHash),
        differenceHash: record.subarray(AT.differenceHash, AT.slot),
      },
      slot: record.readInt32LE(AT.slot),
    };
  }

  get hasRoom(): boolean {
    return this.slots < this.maximumSlots;
  }

  /** @returns the slot of the pixels; -1 when there is no room, or none were given */
  add(stamp: FileStamp, fact: PictureFact, pixels: Uint8Array | undefined): number {
    const slot = pixels && this.slots < this.maximumSlots ? this.slots++ : -1;
    if (pixels && slot >= 0) writeAll(this.pixelFile, pixels, slot * this.slotBytes);
    const record = Buffer.alloc(RECORD);
    record.set(Buffer.from(keyOf(stamp.file), 'latin1'), AT.key);
    record.writeDoubleLE(stamp.bytes, AT.bytes);
    record.writeDoubleLE(stamp.modifiedMs, AT.modified);
    record[AT.fault] = FAULT_NAMES.indexOf(fact.fault);
    record[AT.format] = FORMATS.indexOf(fact.format);
    record.writeUInt16LE(Math.min(fact.pages, 0xffff), AT.pages);
    record.writeUInt32LE(fact.width, AT.width);
    record.writeUInt32LE(fact.height, AT.height);
    record.set(fact.content, AT.content);
    record.set(fact.differenceHash, AT.differenceHash);
    record.writeInt32LE(slot, AT.slot);
    record.writeUInt32LE(pixels && slot >= 0 ? crc32(pixels) : 0, AT.pixelSum);
    record.writeUInt32LE(crc32(record.subarray(0, AT.sum)), AT.sum);
    writeAll(this.indexFile, record, this.indexEnd);
    this.places.set(keyOf(stamp.file), this.indexEnd);
    this.indexEnd += RECORD;
    return slot;
  }

  /** Reads a slot's pixels into `target`. */
  read(slot: number, target: Uint8Array): void {
    let done = 0;
    while (done < this.slotBytes) {
      const count = fs.readSync(this.pixelFile, target, done, this.slotBytes - done, slot * this.slotBytes + done);
      if (count === 0) throw new RangeError(`slot ${slot} is cut short`);
      done += count;
    }
  }

  /** The checksum that belongs to a file's pixels. */
  checksum(file: string): number {
    return this.record(file)?.readUInt32LE(AT.pixelSum) ?? 0;
  }

  /** Frees what only looking up needs. */
  forgetNames(): void {
    this.places.clear();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    fs.closeSync(this.pixelFile);
    fs.closeSync(this.indexFile);
    if (this.temporary) fs.rmSync(this.folder, { recursive: true, force: true });
    else unlock(this.folder);
  }

  private record(file: string): Buffer | undefined {
    const place = this.places.get(keyOf(file));
    if (place === undefined) return undefined;
    const record = Buffer.alloc(RECORD);
    return fs.readSync(this.indexFile, record, 0, RECORD, place) === RECORD ? record : undefined;
  }

  private load(): void {
    const index = fs.readFileSync(path.join(this.folder, INDEX));
    const written = Math.floor(fs.fstatSync(this.pixelFile).size / this.slotBytes);
    let used = 0;
    for (const [at, record] of recordsIn(index)) {
      const slot = record.readInt32LE(AT.slot);
      if (slot < written) {
        const key = recordKey(record);
        const earlier = this.places.get(key);
        if (earlier !== undefined && index.readInt32LE(earlier + AT.slot) >= 0) used--;
        this.places.set(key, at);
        if (slot >= 0) used++;
        this.slots = Math.max(this.slots, slot + 1);
      }
      this.indexEnd = at + RECORD;
    }
    if (this.slots > 1000 && used < this.slots / 2) this.restart();
    fs.ftruncateSync(this.indexFile, this.indexEnd);
    const now = new Date();
    fs.futimesSync(this.indexFile, now, now); // used just now: others go first
  }

  private restart(): void {
    this.places.clear();
    this.slots = 0;
    this.indexEnd = 0;
    fs.ftruncateSync(this.indexFile, 0);
    fs.ftruncateSync(this.pixelFile, 0);
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(file, bytes, done, bytes.length - done, position + done);
}

/** Private copies whose process is gone. */
function removeOrphans(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const pid = PRIVATE_COPY.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      fs.rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Removes caches, the longest unused first, until this one may have all it wants or is alone. @returns bytes it may take */
function makeRoom(parent: string, own: string, maximumBytes: number): number {
  const others = fs
    .readdirSync(parent)
    .filter((name) => !name.startsWith('private-')) // somebody else is reading it
    .map((name) => path.join(parent, name))
    .filter((folder) => folder !== own && fs.existsSync(path.join(folder, INDEX)))
    .map((folder) => ({ folder, bytes: bytesOf(folder), used: fs.statSync(path.join(folder, INDEX)).mtimeMs }))
    .sort((a, b) => a.used - b.used);
  let taken = others.reduce((sum, { bytes }) => sum + bytes, 0);
  // A quarter stays free for what this dataset still adds.
  const most = Math.max(0, maximumBytes - Math.max(bytesOf(own), maximumBytes / 4));
  for (const { folder, bytes } of others) {
    if (taken <= most) break;
    if (isLocked(folder)) continue;
    fs.rmSync(folder, { recursive: true, force: true });
    taken -= bytes;
  }
  return Math.max(0, maximumBytes - taken);
}
