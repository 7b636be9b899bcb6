import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { bestOf } from '../../src/core/best.js';
import { normalizeRows } from '../../src/core/cosine.js';
import { reduceAll } from '../../src/core/runState.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import type { TrainingOptions } from '../../src/protocol/options.js';
import type { OwnedPicture } from '../../src/recognition/faceSetOf.js';
import { RunReader } from '../../src/runs/runReader.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';

// What the measurements of recognition share.

const BATCH = 50;

/** A run that came to its end. */
export interface Trained {
  readonly best: EventOf<'epoch'>;
  /** Folder of the best epoch's checkpoint. */
  readonly checkpoint: string;
  readonly dataset: EventOf<'dataset'>;
  readonly seconds: number;
}

/** Trains, keeping every checkpoint. @throws with the last line of the log where it fails */
export async function trainedIn(runFolder: string, options: TrainingOptions): Promise<Trained> {
  const job = { runFolder, options: { ...options, keepCheckpoints: 1000 }, version: 'bench' };
  if (!(await trainRun(job, () => undefined, new StopSignal())))
    throw new Error(fs.readFileSync(path.join(runFolder, 'metrics.ndjson'), 'utf8').trim().split('\n').at(-1));
  const { epochs, dataset, finished } = reduceAll(new RunReader(runFolder).readNew());
  const best = bestOf(epochs)!;
  const checkpoint = path.join(runFolder, 'checkpoints', `epoch-${String(best.epoch).padStart(4, '0')}`);
  return { best, checkpoint, dataset: dataset!, seconds: finished!.elapsedSeconds };
}

/** What a file of results holds so far, a line each. */
export function linesIn<Line>(file: string): Line[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line);
}

export function firstOfEach(pictures: readonly OwnedPicture[]): OwnedPicture[] {
  const seen = new Set<string>();
  return pictures.filter(({ person }) => !seen.has(person) && seen.add(person));
}

/** Embeddings of crops, a batch at a time: of bytes [N, H, W, 3] their rows. */
export type Embed = (images: Uint8Array, count: number) => Promise<Float32Array>;

/** The unit vector of each crop, read as a square of `size` pixels. */
export async function embeddingsOf(
  files: readonly string[],
  size: number,
  embed: Embed,
): Promise<Map<string, Float32Array>> {
  const rows = new Map<string, Float32Array>();
  for (let from = 0; from < files.length; from += BATCH) {
    const some = files.slice(from, from + BATCH);
    const pixels = await Promise.all(some.map((file) => sharp(file).resize(size, size).raw().toBuffer()));
    const embeddings = Float32Array.from(await embed(new Uint8Array(Buffer.concat(pixels)), some.length));
    const length = embeddings.length / some.length;
    normalizeRows(embeddings, length);
    some.forEach((file, i) => rows.set(file, embeddings.subarray(i * length, (i + 1) * length)));
  }
  return rows;
}
