import { storedCaches } from '../dataset/pixelCacheUpkeep.js';
import { isAbsent } from '../platform/goneFolder.js';
import { cacheFolder, embeddingsFolder, faceCacheFolder, pixelCacheFolder } from '../platform/cacheFolder.js';
import { writtenPlaces } from '../platform/writtenPlaces.js';
import { storedEmbeddings } from '../recognition/embeddingsUpkeep.js';
import {
  embeddingPlaces,
  facePlaces,
  ownPlaces,
  pixelPlaces,
  temporaryPlaces,
  type CacheFolders,
} from './cachePlaces.js';
import { alignedPlaces, basesOf, exportPlaces, listPlaces, recognizerPlaces, runPlaces } from './folderPlaces.js';
import type { FoundPlace } from './foundPlace.js';

/** Where the caches of this user lie. */
export function ownCaches(): CacheFolders {
  return {
    ...{ cache: cacheFolder(), pixels: pixelCacheFolder() },
    ...{ faces: faceCacheFolder(), embeddings: embeddingsFolder() },
  };
}

/**
 * Every place on this machine where something shows or names people or holds traces of their faces, as far as the product wrote it:
 * its caches, what it noted of where it wrote, and what lies where it writes when nobody says otherwise.
 *
 * @param folders that may have a `.face-trainer` in them; absolute
 */
export function personalPlaces(folders: readonly string[], caches = ownCaches()): FoundPlace[] {
  const noted = writtenPlaces(caches.cache);
  const known = new Set(
    [
      ...storedCaches(caches.pixels).map(({ about }) => about?.dataset),
      ...storedEmbeddings(caches.embeddings).map(({ dataset }) => dataset),
      ...noted.map(({ dataset }) => dataset),
    ].filter((dataset) => dataset !== undefined),
  );
  const bases = basesOf(folders, noted, [...known]);
  const runs = runPlaces(bases, noted);
  for (const { dataset } of runs) if (dataset !== undefined) known.add(dataset);
  const recognizers = recognizerPlaces(bases, noted);
  const datasets = [...known].sort();
  const aligned = alignedPlaces(noted, datasets);
  const own = datasets.filter((dataset) => !isAbsent(dataset) && !aligned.some(({ path: at }) => at === dataset));
  return [
    ...pixelPlaces(caches.pixels),
    ...facePlaces(caches.faces, datasets),
    ...embeddingPlaces(caches.embeddings),
    ...aligned,
    ...runs,
    ...recognizers,
    ...exportPlaces(
      noted,
      [...runs, ...recognizers].map(({ path: at }) => at),
    ),
    ...listPlaces(bases, noted),
    ...temporaryPlaces(),
    ...ownPlaces(caches.cache),
    ...own.map(ownPictures),
  ];
}

function ownPictures(dataset: string): FoundPlace {
  const holds = 'your own pictures';
  const stays = 'your pictures are never removed here';
  return { kind: 'pictures', path: dataset, dataset, bytes: 0, files: 0, holds, stays };
}
