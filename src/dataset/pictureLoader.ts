import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Augmentation } from '../protocol/options.js';
import { FileReader } from '../platform/fileReader.js';
import { cropCentre, distort, drawDistortion } from './augment.js';
import { decodePicture, MOST_PICTURE_BYTES } from './decodePicture.js';
import { PixelCache, type FileStamp } from './pixelCache.js';
import { PictureFacts, type PictureFact } from './pictureFacts.js';

export interface LoaderOptions {
  readonly root: string;
  /** By picture number, relative to the root. */
  readonly files: readonly string[];
  /** Side of the pictures that a batch holds. */
  readonly size: number;
  /** Side at which they are kept: at least `size`. */
  readonly stored: number;
  /** Folder of all caches. */
  readonly cacheFolder: string;
  readonly cacheBytes: number;
  /** How many people the pictures are of, for whoever asks what the cache holds. */
  readonly people?: number;
}

export interface PreparedPictures {
  readonly facts: PictureFacts;
  /** Read from their files now; the others were in the cache. */
  readonly decoded: number;
  /** Why there is no cache on disk, in the words of the system. */
  readonly uncached: string | undefined;
}

export interface BatchRequest {
  readonly pictures: readonly number[];
  /** What chance does; the middle of the pictures as they are when absent. */
  readonly distortion?: { readonly augmentation: Augmentation; readonly seed: number; readonly epoch: number };
}

export interface LoadedBatch {
  /** [pictures, size, size, 3]. */
  readonly pixels: Uint8Array;
  /** The pictures that could be read. */
  readonly pictures: readonly number[];
}

/** Decodes in flight: sharp works in libuv's threads. */
const PARALLEL = 24;
/** What is kept in memory where nothing can be kept on disk. */
const MEMORY_BYTES = 1 << 30;

/**
 * Reads the pictures of a dataset: once each from their files, then from the cache. Runs in a thread of its own
 * (pictureThread.ts); nothing here knows of that.
 */
export class PictureLoader {
  private readonly cache: PixelCache | undefined;
  private readonly uncached: string | undefined;
  /** Place in the cache; -1: none. */
  private readonly slots: Int32Array;
  private readonly checksums: Uint32Array;
  private readonly verified: Uint8Array;
  private readonly memory = new Map<number, Uint8Array>();
  private readonly scratch: Uint8Array;
  private readonly reader = new FileReader(MOST_PICTURE_BYTES);

  constructor(private readonly options: LoaderOptions) {
    const { files, stored, root, people } = options;
    const of = { ...(people !== undefined && { people }), pictures: files.length };
    this.slots = new Int32Array(files.length).fill(-1);
    this.checksums = new Uint32Array(files.length);
    this.verified = new Uint8Array(files.length);
    this.scratch = new Uint8Array(this.slotBytes);
    try {
      this.cache = PixelCache.open(options.cacheFolder, root, stored, options.cacheBytes, of);
    } catch (error) {
      this.uncached = error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * Looks at every picture once, so that a broken one is known before the first step.
   *
   * @param onProgress called after each picture
   */
  async prepare(onProgress: (done: number) => void, cancelled: () => boolean): Promise<PreparedPictures> {
    const { files } = this.options;
    const facts = new PictureFacts(files.length);
    let done = 0;
    let decoded = 0;
    await forEachParallel(files.length, PARALLEL, async (picture) => {
      if (cancelled()) return;
      const stamp = await this.stamp(files[picture]!);
      const known = stamp && this.cache?.find(stamp);
      // Once there was no room for it; now there is.
      const found = known?.fact.fault === 'none' && known.slot < 0 && this.cache?.hasRoom ? undefined : known;
      if (found) {
        facts.set(picture, found.fact);
        this.slots[picture] = found.slot;
        this.checksums[picture] = this.cache!.checksum(files[picture]!);
      } else {
        decoded++;
        const { fact, pixels } = await decodePicture(this.full(picture), this.options.stored);
        facts.set(picture, fact);
        if (stamp) this.keep(picture, stamp, fact, pixels);
      }
      onProgress(++done);
    });
    this.cache?.forgetNames();
    return { facts, decoded, uncached: this.uncached };
  }

  async read({ pictures, distortion }: BatchRequest): Promise<LoadedBatch> {
    const { size, stored } = this.options;
    const bytes = size * size * 3;
    const pixels = new Uint8Array(pictures.length * bytes);
    const decoded = await this.decodeAbsent(pictures);
    const read: number[] = [];
    for (const picture of pictures) {
      const at = read.length * bytes;
      const whole = stored === size && !distortion;
      let source = decoded.get(picture) ?? this.memory.get(picture);
      if (!source) {
        if (this.slots[picture]! < 0) continue;
        source = whole ? pixels.subarray(at, at + bytes) : this.scratch;
        this.cache!.read(this.slots[picture]!, source);
      } else if (whole) pixels.set(source, at);
      if (distortion) {
        const { augmentation, seed, epoch } = distortion;
        distort(source, stored, pixels, at, size, drawDistortion(augmentation, size, stored, seed, epoch, picture));
      } else if (!whole) cropCentre(source, stored, pixels, at, size);
      read.push(picture);
    }
    return { pixels: read.length === pictures.length ? pixels : pixels.slice(0, read.length * bytes), pictures: read };
  }

  close(): void {
    this.cache?.close();
    this.memory.clear();
  }

  /** Pictures that are kept nowhere, or whose pixels are not what was written, from their files. */
  private async decodeAbsent(pictures: readonly number[]): Promise<Map<number, Uint8Array>> {
    const decoded = new Map<number, Uint8Array>();
    const absent = [...new Set(pictures)].filter((picture) => !this.memory.has(picture) && !this.isSound(picture));
    await forEachParallel(absent.length, PARALLEL, async (i) => {
      const picture = absent[i]!;
      const { pixels } = await decodePicture(this.full(picture), this.options.stored);
      if (pixels) decoded.set(picture, pixels);
    });
    return decoded;
  }

  /** Whether a slot holds what was written into it; looked at once. */
  private isSound(picture: number): boolean {
    const slot = this.slots[picture]!;
    if (slot < 0) return false;
    if (this.verified[picture]) return true;
    try {
      this.cache!.read(slot, this.scratch);
      if (crc32(this.scratch) === this.checksums[picture]) {
        this.verified[picture] = 1;
        return true;
      }
    } catch {
      // Cut short, or a disk that failed.
    }
    this.slots[picture] = -1;
    return false;
  }

  private keep(picture: number, stamp: FileStamp, fact: PictureFact, pixels: Uint8Array | undefined): void {
    if (this.cache) {
      try {
        this.slots[picture] = this.cache.add(stamp, fact, pixels);
        this.verified[picture] = 1; // as it was just written
      } catch {
        this.slots[picture] = -1; // a full disk: the picture is decoded again when it is due
      }
    } else if (pixels && (this.memory.size + 1) * this.slotBytes <= MEMORY_BYTES) this.memory.set(picture, pixels);
  }

  private get slotBytes(): number {
    return this.options.stored ** 2 * 3;
  }

  private full(picture: number): string {
    return path.join(this.options.root, this.options.files[picture]!);
  }

  private async stamp(file: string): Promise<FileStamp | undefined> {
    try {
      const { size, mtimeMs } = await this.reader.stat(path.join(this.options.root, file));
      return { file, bytes: size, modifiedMs: mtimeMs };
    } catch {
      return undefined;
    }
  }
}

async function forEachParallel(count: number, width: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
