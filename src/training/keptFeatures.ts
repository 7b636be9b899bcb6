import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Batch } from '../engine/engine.js';
import { writeFileAtomically } from '../platform/files.js';
import { removeLeastRecent } from '../platform/leastRecent.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { readOwnFile } from '../platform/regularFile.js';
import { decodeSafetensors, encodeSafetensors } from '../runs/safetensors.js';
import type { HeadSession } from './headSession.js';

/** Raised when the files are laid out in another way. */
const LAYOUT = 1;
/** Of all that lies beside it together. */
const MOST_BYTES = 1 << 29;
/** A vector for each; more are computed in every run. */
const MOST_ROWS = 200_000;
const TENSOR = 'features';
const ENDING = '.safetensors';
const keys = z.array(z.string());

/**
 * What a frozen network makes of pixels, from one run to the next: a vector for each picture and each of its views, by a hash of the
 * pixels, so that whatever changes them (the picture, the face that is chosen, the distortion) is computed anew. A run leaves behind
 * what it saw itself. What cannot be read counts as absent; what cannot be written is done without. The vectors say who somebody is:
 * the folder is closed to others.
 */
export class KeptFeatures implements Pick<HeadSession, 'features'> {
  private readonly file: string;
  private readonly before: ReadonlyMap<string, Float32Array>;
  private readonly seen = new Map<string, Float32Array>();
  private isNew = false;

  /**
   * @param folder of all that is kept
   * @param identity what the numbers depend on beside the pixels, and whose pictures they are: network, engine, folder
   * @param dataset that folder, for whoever asks what lies here
   */
  constructor(
    private readonly session: Pick<HeadSession, 'features'>,
    folder: string,
    identity: readonly string[],
    private readonly dataset = '',
    private readonly mostRows = MOST_ROWS,
  ) {
    const key = [LAYOUT, ...identity].join('\0');
    this.file = path.join(folder, `views-${createHash('sha256').update(key).digest('hex').slice(0, 24)}${ENDING}`);
    this.before = load(this.file);
  }

  /** @param batch pixels [N, S, S, 3]. @returns [N, E] */
  async features(batch: Batch): Promise<Float32Array> {
    const count = batch.labels.length;
    const bytes = batch.images.length / count;
    const keysOf = Array.from({ length: count }, (_, i) => hashOf(batch.images.subarray(i * bytes, (i + 1) * bytes)));
    const absent = keysOf.flatMap((key, i) => (this.known(key) ? [] : [i]));
    const fresh = absent.length > 0 ? await this.compute(batch, absent, keysOf) : undefined;
    const rows = keysOf.map((key, i) => fresh?.get(i) ?? this.known(key)!);
    const all = new Float32Array(count * rows[0]!.length);
    rows.forEach((row, i) => all.set(row, i * row.length));
    return all;
  }

  /** Writes what came new. */
  save(): void {
    if (!this.isNew) return;
    const entries = [...this.seen];
    const length = entries[0]![1].length;
    const values = new Float32Array(entries.length * length);
    entries.forEach(([, row], i) => values.set(row, i * length));
    const tensor = { name: TENSOR, shape: [entries.length, length], values };
    try {
      makePrivateFolder(path.dirname(this.file));
      const metadata = { dataset: this.dataset, keys: JSON.stringify(entries.map(([key]) => key)) };
      writeFileAtomically(this.file, encodeSafetensors([tensor], metadata));
      removeLeastRecent(this.file, ENDING, MOST_BYTES);
    } catch {
      // Then the network computes them again next time.
    }
  }

  private known(key: string): Float32Array | undefined {
    const row = this.seen.get(key) ?? this.before.get(key);
    if (row) this.remember(key, row);
    return row;
  }

  /** What would not be written is not kept either: views of half a million pictures would take gigabytes. */
  private remember(key: string, row: Float32Array): void {
    if (this.seen.size < this.mostRows) this.seen.set(key, row);
  }

  /** @returns by place in the batch */
  private async compute(
    { images, labels }: Batch,
    absent: readonly number[],
    keysOf: readonly string[],
  ): Promise<Map<number, Float32Array>> {
    const bytes = images.length / labels.length;
    const some = new Uint8Array(absent.length * bytes);
    absent.forEach((at, i) => some.set(images.subarray(at * bytes, (at + 1) * bytes), i * bytes));
    const rows = await this.session.features({ images: some, labels: new Int32Array(absent.length) });
    const length = rows.length / absent.length;
    const fresh = new Map(absent.map((at, i) => [at, rows.slice(i * length, (i + 1) * length)]));
    for (const [at, row] of fresh) this.remember(keysOf[at]!, row);
    this.isNew = true;
    return fresh;
  }
}

function hashOf(pixels: Uint8Array | Float32Array): string {
  return createHash('sha256').update(pixels).digest('base64url').slice(0, 22);
}

function load(file: string): Map<string, Float32Array> {
  const rows = new Map<string, Float32Array>();
  try {
    const { tensors, metadata } = decodeSafetensors(readOwnFile(file, MOST_BYTES));
    const { values, shape } = tensors.find(({ name }) => name === TENSOR)!;
    const [count = 0, length = 0] = shape;
    const all = keys.parse(JSON.parse(metadata['keys'] ?? ''));
    if (all.length !== count) return rows;
    all.forEach((key, i) => rows.set(key, values.subarray(i * length, (i + 1) * length)));
    const now = new Date();
    fs.utimesSync(file, now, now); // used just now: others go first
  } catch {
    rows.clear();
  }
  return rows;
}
