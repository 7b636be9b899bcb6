import fs from 'node:fs';
import path from 'node:path';
import { PICTURE, SYSTEM } from './picturesAt.js';

/** What lies in a folder of pictures, as far as one look goes. */
export interface PictureCount {
  readonly pictures: number;
  /** Folders in it that hold some: one a person, where the folder is laid out so. */
  readonly people: number;
  /** There are more: the look ended before it had seen everything. */
  readonly isMore: boolean;
}

/** Counts pictures by their names for a while; what cannot be read holds none. */
export function countPictures(root: string, withinMs: number): PictureCount {
  const end = performance.now() + withinMs;
  let [pictures, people] = [0, 0];
  const folders: { readonly at: string; readonly person: number }[] = [{ at: root, person: -1 }];
  const shown = new Set<number>();
  let isMore = false;
  for (let next = folders.pop(); next; next = folders.pop()) {
    if ((isMore = performance.now() > end)) break;
    for (const entry of entriesOf(next.at)) {
      if (SYSTEM.test(entry.name)) continue;
      if (entry.isDirectory()) {
        const person = next.person < 0 ? people++ : next.person;
        folders.push({ at: path.join(next.at, entry.name), person });
      } else if (PICTURE.test(entry.name)) {
        pictures++;
        if (next.person >= 0) shown.add(next.person);
      }
    }
  }
  return { pictures, people: shown.size, isMore };
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
