import fs from 'node:fs';
import type { FaceQuality } from '../protocol/recognition.js';
import type { ReadFace, ReadPicture } from './faceReader.js';
import type { Sight } from './sight.js';

/** A face that was found in a picture, as a vector. */
export interface SeenFace {
  /** Of length one. */
  readonly embedding: Float32Array;
  readonly quality?: FaceQuality;
  readonly doubt?: ReadFace['doubt'];
  /** What the network saw, where that was asked for: [S, S, 3] RGB. */
  readonly crop?: Uint8Array;
}

/** A picture that was looked at: its faces, those that count for most first, or why it cannot be read. */
export interface LookedAt {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly faces: readonly SeenFace[];
  /** In the words that follow the file's name. */
  readonly fault?: string;
}

/** What is kept of pictures between two programs. */
export interface KeptFaces {
  find(file: string, bytes: number, modifiedMs: number): readonly SeenFace[] | undefined;
  keep(picture: LookedAt): void;
}

export interface LookOptions {
  readonly kept?: KeptFaces;
  /** Adds what the network saw; nothing that was kept serves then. */
  readonly crops?: boolean;
  readonly onProgress?: (done: number) => void;
  readonly cancelled?: () => boolean;
}

/** Faces in a call of the network: more make it no faster. */
const BATCH = 32;
/** Pictures that are read at the same time: decoding has threads, and a photograph takes 36 MB while it is looked at. */
const READERS = 16;

/**
 * Turns pictures into vectors.
 *
 * @param files absolute
 * @returns in their order; undefined when cancelled
 */
export async function lookAt(
  sight: Sight,
  files: readonly string[],
  { kept, crops, onProgress, cancelled }: LookOptions = {},
): Promise<LookedAt[] | undefined> {
  const results = new Array<LookedAt>(files.length);
  const embedding = new Embedding(sight, crops === true);
  let next = 0;
  let done = 0;
  const read = async (): Promise<void> => {
    while (next < files.length && cancelled?.() !== true) {
      const at = next++;
      const file = files[at]!;
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      const stamp = { file, bytes: stat?.size ?? 0, modifiedMs: stat?.mtimeMs ?? 0 };
      const before = crops ? undefined : kept?.find(file, stamp.bytes, stamp.modifiedMs);
      if (before) results[at] = { ...stamp, faces: before };
      else {
        results[at] = { ...stamp, ...(await embedding.of(await sight.reader.of(file))) };
        kept?.keep(results[at]);
      }
      onProgress?.(++done);
    }
  };
  const readers = Array.from({ length: Math.min(READERS, files.length) }, read);
  await Promise.all(readers);
  return cancelled?.() === true ? undefined : results;
}

interface Waiting {
  readonly crop: Uint8Array;
  readonly done: (embedding: Float32Array) => void;
  readonly failed: (error: unknown) => void;
}

/** Collects faces of pictures until a batch is full, or until nothing more comes. */
class Embedding {
  private waiting: Waiting[] = [];
  private busy = false;

  constructor(
    private readonly sight: Sight,
    private readonly crops: boolean,
  ) {}

  async of(picture: ReadPicture): Promise<Pick<LookedAt, 'faces' | 'fault'>> {
    if ('fault' in picture) return { faces: [], fault: picture.fault };
    const faces = await Promise.all(
      picture.faces.map(async ({ crop, quality, doubt }): Promise<SeenFace> => {
        const embedding = await this.embed(crop);
        return {
          embedding,
          ...(quality ? { quality } : {}),
          ...(doubt === undefined ? {} : { doubt }),
          ...(this.crops ? { crop } : {}),
        };
      }),
    );
    return { faces };
  }

  private embed(crop: Uint8Array): Promise<Float32Array> {
    return new Promise((done, failed) => {
      this.waiting.push({ crop, done, failed });
      if (!this.busy) void this.work();
    });
  }

  /** Whatever has come while the network was at work is the next batch. */
  private async work(): Promise<void> {
    this.busy = true;
    // What else is ready at this moment comes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH);
      try {
        const rows = await this.sight.embedder.embed(joined(batch), batch.length);
        const length = rows.length / batch.length;
        batch.forEach(({ done }, i) => done(rows.slice(i * length, (i + 1) * length)));
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.busy = false;
  }
}

function joined(batch: readonly Waiting[]): Uint8Array {
  const size = batch[0]!.crop.length;
  const all = new Uint8Array(size * batch.length);
  batch.forEach(({ crop }, i) => all.set(crop, i * size));
  return all;
}
