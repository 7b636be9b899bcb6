import fs from 'node:fs';
import path from 'node:path';
import { eraseFile } from '../platform/erase.js';
import { isGoneForGood } from '../platform/goneFolder.js';
import { namesIn } from '../platform/namesIn.js';
import { metadataOf } from '../runs/safetensors.js';

/** Vectors of the faces of a folder, as they lie in the cache. */
export interface StoredEmbeddings {
  /** Of the cache. */
  readonly path: string;
  /** Folder of the pictures; absent in files of earlier versions. */
  readonly dataset: string | undefined;
  /** Whether each vector says which picture it is of: those of a training say it by a hash of the pixels alone. */
  readonly byPicture: boolean;
  readonly bytes: number;
  readonly usedMs: number;
}

const ENDING = '.safetensors';

export function storedEmbeddings(folder: string): StoredEmbeddings[] {
  return namesIn(folder).flatMap((name) => {
    const at = path.join(folder, name);
    const stat = fs.lstatSync(at, { throwIfNoEntry: false });
    if (!name.endsWith(ENDING) || !stat?.isFile()) return [];
    const { dataset, files } = metadataAt(at);
    const whose = dataset === '' ? undefined : dataset;
    return { path: at, dataset: whose, byPicture: files !== undefined, bytes: stat.size, usedMs: stat.mtimeMs };
  });
}

/** Removes the vectors of folders that are gone for good. */
export function removeGoneEmbeddings(folder: string): void {
  for (const { path: at, dataset, usedMs } of storedEmbeddings(folder))
    if (dataset !== undefined && isGoneForGood(dataset, usedMs)) eraseFile(at);
}

function metadataAt(file: string): Record<string, string> {
  try {
    return metadataOf(file);
  } catch {
    return {};
  }
}
