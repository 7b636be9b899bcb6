import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { eraseFile } from '../platform/erase.js';
import { isAbsent, isGoneForGood } from '../platform/goneFolder.js';
import { namesIn } from '../platform/namesIn.js';
import { isTemporary } from '../platform/temporaryFolder.js';

/** The faces of one picture, as they lie in the cache. */
export interface StoredFaces {
  /** Of the cache. */
  readonly path: string;
  /** The picture; absent in files of earlier versions. */
  readonly file: string | undefined;
  readonly faces: number;
  readonly bytes: number;
  readonly usedMs: number;
}

const NAME = /^[0-9a-f]{40}$/;
const header = z.object({ file: z.string().optional(), faces: z.array(z.unknown()) });
const MOST_HEADER_BYTES = 1 << 20;

/** Everything in a cache of faces. */
export function* storedFaces(folder: string): Generator<StoredFaces> {
  for (const group of namesIn(folder))
    for (const name of namesIn(path.join(folder, group))) {
      const at = path.join(folder, group, name);
      const stat = fs.lstatSync(at, { throwIfNoEntry: false });
      if (!NAME.test(name) || !stat?.isFile()) continue;
      const { file, faces = [] } = readHeader(at) ?? {};
      yield { path: at, file, faces: faces.length, bytes: stat.size, usedMs: stat.mtimeMs };
    }
}

/** Removes the faces of pictures that are gone for good; one that was pasted or came from a camera is as soon as it is not there. */
export function removeGoneFaces(folder: string): void {
  for (const { path: at, file, usedMs } of storedFaces(folder))
    if (file !== undefined && (isTemporary(file) ? isAbsent(file) : isGoneForGood(file, usedMs))) eraseFile(at);
}

/** The crops of a file, one behind the other: what comes after its header. */
export function cropsOf(at: string): Buffer {
  const bytes = fs.readFileSync(at);
  return bytes.length < 4 ? Buffer.alloc(0) : bytes.subarray(4 + bytes.readUInt32LE(0));
}

function readHeader(at: string): z.infer<typeof header> | undefined {
  const handle = fs.openSync(at, 'r');
  try {
    const length = Buffer.alloc(4);
    fs.readSync(handle, length);
    const text = Buffer.alloc(Math.min(length.readUInt32LE(0), MOST_HEADER_BYTES));
    fs.readSync(handle, text, 0, text.length, 4);
    return header.parse(JSON.parse(text.toString('utf8')));
  } catch {
    return undefined;
  } finally {
    fs.closeSync(handle);
  }
}
