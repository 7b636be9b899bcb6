import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { replaceErased } from '../platform/erase.js';
import { writeFileAtomically } from '../platform/files.js';
import { removeLeastRecent } from '../platform/leastRecent.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { readOwnFile } from '../platform/regularFile.js';
import { faceQuality } from '../protocol/recognition.js';
import { decodeSafetensors, encodeSafetensors, metadataOf } from '../runs/safetensors.js';
import type { KeptFaces, LookedAt, SeenFace } from './lookAt.js';
import type { Sight } from './sight.js';

/** Raised when faces are found, aligned or judged in another way. */
const VERSION = 1;
/** Of all folders of pictures together: the ones used least recently go first. */
const MOST_BYTES = 1 << 29;
const TENSOR = 'embeddings';

const keptFile = z.object({
  bytes: z.number(),
  modifiedMs: z.number(),
  faces: z.array(
    z.object({
      row: z.int().min(0),
      quality: faceQuality.optional(),
      doubt: z.enum(['too-small', 'too-blurred', 'turned-away']).optional(),
    }),
  ),
});
const keptFiles = z.record(z.string(), keptFile);

/**
 * The vectors of the pictures of a folder from one enrolment or evaluation to the next, in the per-user cache: by network, by how
 * faces are read, and by the stamp of each file. What cannot be read counts as absent; what cannot be written is done without.
 * They say who somebody is: the folder is closed to others.
 */
export class FolderFaces implements KeptFaces {
  private readonly files = new Map<string, { bytes: number; modifiedMs: number; faces: readonly SeenFace[] }>();
  private isNew = false;

  private constructor(
    private readonly file: string,
    private readonly length: number,
    private readonly root: string,
  ) {}

  /**
   * @param parent folder of all that is kept
   * @param root folder of pictures; absolute
   */
  static open(parent: string, root: string, { embedder: { network }, reading }: Sight): FolderFaces {
    const key = [VERSION, network.digest, network.precision, reading, root].join('\0');
    const name = createHash('sha256').update(key).digest('hex').slice(0, 24);
    const kept = new FolderFaces(path.join(parent, `${name}.safetensors`), network.length, root);
    try {
      kept.load();
    } catch {
      kept.files.clear();
    }
    return kept;
  }

  find(file: string, bytes: number, modifiedMs: number): readonly SeenFace[] | undefined {
    const known = this.files.get(file);
    return known?.bytes === bytes && known.modifiedMs === modifiedMs ? known.faces : undefined;
  }

  keep({ file, bytes, modifiedMs, faces, fault }: LookedAt): void {
    if (fault !== undefined) return;
    this.files.set(file, { bytes, modifiedMs, faces });
    this.isNew = true;
  }

  /** Writes what came new. */
  save(): void {
    if (!this.isNew) return;
    try {
      makePrivateFolder(path.dirname(this.file));
      writeFileAtomically(this.file, this.encoded());
      removeLeastRecent(this.file, '.safetensors', MOST_BYTES);
    } catch {
      // Then the faces are looked at again next time.
    }
  }

  private load(): void {
    const { tensors, metadata } = decodeSafetensors(readOwnFile(this.file, MOST_BYTES));
    const { values, shape } = tensors.find(({ name }) => name === TENSOR)!;
    if (shape[1] !== this.length) return;
    for (const [file, { faces, ...stamp }] of Object.entries(keptFiles.parse(JSON.parse(metadata['files'] ?? ''))))
      this.files.set(file, {
        ...stamp,
        faces: faces.map(({ row, quality, doubt }) => {
          if (row >= shape[0]!) throw new RangeError(`no row ${row}`);
          const embedding = values.subarray(row * this.length, (row + 1) * this.length);
          return { embedding, ...(quality ? { quality } : {}), ...(doubt === undefined ? {} : { doubt }) };
        }),
      });
    const now = new Date();
    fs.utimesSync(this.file, now, now); // used just now: others go first
  }

  private encoded(): Uint8Array {
    const count = [...this.files.values()].reduce((sum, { faces }) => sum + faces.length, 0);
    const values = new Float32Array(count * this.length);
    let row = 0;
    const files: z.infer<typeof keptFiles> = {};
    for (const [file, { faces, ...stamp }] of this.files)
      files[file] = {
        ...stamp,
        faces: faces.map(({ embedding, quality, doubt }) => {
          values.set(embedding, row * this.length);
          return { row: row++, ...(quality ? { quality } : {}), ...(doubt === undefined ? {} : { doubt }) };
        }),
      };
    const metadata = { dataset: this.root, files: JSON.stringify(files) };
    return encodeSafetensors([{ name: TENSOR, shape: [count, this.length], values }], metadata);
  }
}

/**
 * Erases from a file of vectors whatever is not of the pictures that stay; the others are found as before.
 *
 * @param stays whether a picture does, by its absolute path
 * @param onErased each vector, as it goes, and its picture
 * @returns how many pictures went
 */
export function eraseKeptFaces(
  file: string,
  stays: (picture: string) => boolean,
  onErased: (embedding: Float32Array, picture: string) => void = () => undefined,
): number {
  const { tensors, metadata } = decodeSafetensors(readOwnFile(file, MOST_BYTES));
  const { values, shape } = tensors.find(({ name }) => name === TENSOR)!;
  const length = shape[1]!;
  const rowOf = (row: number) => values.subarray(row * length, (row + 1) * length);
  const all = Object.entries(keptFiles.parse(JSON.parse(metadata['files'] ?? '')));
  const left = all.filter(([name]) => stays(name));
  if (left.length === all.length) return 0;
  for (const [name, { faces }] of all) if (!stays(name)) for (const { row } of faces) onErased(rowOf(row), name);
  const rows = left.flatMap(([, { faces }]) => faces.map(({ row }) => row));
  const packed = new Float32Array(rows.length * length);
  rows.forEach((row, i) => packed.set(rowOf(row), i * length));
  let next = 0;
  const files = Object.fromEntries(
    left.map(([name, kept]) => [name, { ...kept, faces: kept.faces.map((face) => ({ ...face, row: next++ })) }]),
  );
  const tensor = { name: TENSOR, shape: [rows.length, length], values: packed };
  replaceErased(file, encodeSafetensors([tensor], { ...metadata, files: JSON.stringify(files) }));
  return all.length - left.length;
}

/** The pictures of a file of vectors; absolute. */
export function keptFileNames(file: string): string[] {
  return Object.keys(keptFiles.parse(JSON.parse(metadataOf(file)['files'] ?? '')));
}
