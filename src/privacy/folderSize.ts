import fs from 'node:fs';
import path from 'node:path';
import { namesIn } from '../platform/namesIn.js';

export interface Size {
  readonly bytes: number;
  readonly files: number;
}

/** Of a file, or of all files in a folder; links are not followed. What goes while it is looked at counts as gone. */
export function sizeOf(place: string): Size {
  let bytes = 0;
  let files = 0;
  for (const file of filesIn(place)) {
    bytes += fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
    files++;
  }
  return { bytes, files };
}

/** A file, or every regular file in a folder at any depth; absolute where the place is. */
export function* filesIn(place: string): Generator<string> {
  const stat = fs.lstatSync(place, { throwIfNoEntry: false });
  if (stat?.isFile()) yield place;
  if (!stat?.isDirectory()) return;
  for (const name of namesIn(place)) yield* filesIn(path.join(place, name));
}

/** Whether a path is a folder, or lies in it. */
export function isWithin(folder: string, place: string): boolean {
  return place === folder || place.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}
