import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { cacheFolder } from './cacheFolder.js';
import { writeFileAtomically } from './files.js';
import { makePrivateFolder } from './privateFolder.js';
import { PRIVATE_FILE } from './rights.js';
import { readOwnFile } from './regularFile.js';

/** Where people or their faces may stand after a job: what `privacy list` and `forget` look at beside the caches. */
export const WRITTEN_KINDS = ['run', 'recognizer', 'aligned', 'export', 'exclusions'] as const;

const writtenPlace = z.object({
  kind: z.enum(WRITTEN_KINDS),
  /** Absolute. */
  path: z.string(),
  /** Of which pictures, where that is known; absolute. */
  dataset: z.string().optional(),
});
export type WrittenPlace = Readonly<z.infer<typeof writtenPlace>>;

const MOST_BYTES = 1 << 24;
/** A list of more lines than this is written anew, without what is gone. */
const MOST_LINES = 5000;

/** The list: a place on each line, the newest last. It lies in the cache, its user's alone. */
export function placesFile(cache = cacheFolder()): string {
  return path.join(cache, 'places.ndjson');
}

/** Notes where something was written, wherever on the machine that is. A list that cannot be written is no reason to end a job. */
export function noteWritten(places: readonly WrittenPlace[], cache = cacheFolder()): void {
  try {
    const known = new Map(writtenPlaces(cache).map((place) => [keyOf(place), place]));
    const news = places.filter((place) => {
      const before = known.get(keyOf(place));
      return !before || (place.dataset !== undefined && place.dataset !== before.dataset);
    });
    if (news.length === 0) return;
    makePrivateFolder(cache);
    const file = placesFile(cache);
    if (known.size > MOST_LINES) keepPlaces((place) => fs.existsSync(place.path), cache);
    fs.appendFileSync(file, news.map((place) => `${JSON.stringify(place)}\n`).join(''), { mode: PRIVATE_FILE });
  } catch (error) {
    console.error(error);
  }
}

function keyOf({ kind, path: at }: WrittenPlace): string {
  return `${kind}\0${at}`;
}

/** The places that were noted, each once, with the newest that was said of it; a line that was cut does not count. */
export function writtenPlaces(cache = cacheFolder()): WrittenPlace[] {
  const places = new Map<string, WrittenPlace>();
  for (const line of linesOf(placesFile(cache))) {
    try {
      const place = writtenPlace.parse(JSON.parse(line));
      places.set(keyOf(place), { ...places.get(keyOf(place)), ...place });
    } catch {
      // Cut.
    }
  }
  return [...places.values()];
}

/** Takes places off the list. @throws what the file system says */
export function keepPlaces(stays: (place: WrittenPlace) => boolean, cache = cacheFolder()): void {
  const all = writtenPlaces(cache);
  const left = all.filter(stays);
  if (left.length === all.length) return;
  writeFileAtomically(placesFile(cache), left.map((place) => `${JSON.stringify(place)}\n`).join(''));
}

function linesOf(file: string): string[] {
  try {
    return readOwnFile(file, MOST_BYTES).toString('utf8').split('\n');
  } catch {
    return [];
  }
}
