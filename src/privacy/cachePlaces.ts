import path from 'node:path';
import { formatCount } from '../core/format.js';
import { storedCaches } from '../dataset/pixelCacheUpkeep.js';
import { storedFaces } from '../faces/faceCacheUpkeep.js';
import { storedEmbeddings } from '../recognition/embeddingsUpkeep.js';
import { temporaryFolders } from '../platform/temporaryFolder.js';
import { placesFile } from '../platform/writtenPlaces.js';
import { queueFolder } from '../runs/queueFolder.js';
import { isWithin, sizeOf } from './folderSize.js';
import type { FoundPlace } from './foundPlace.js';

/** Where the caches lie. */
export interface CacheFolders {
  readonly cache: string;
  readonly pixels: string;
  readonly faces: string;
  readonly embeddings: string;
}

/** Where evidence of what was forgotten lies. */
export function evidenceFolder(cache: string): string {
  return path.join(cache, 'forgotten');
}

export function pixelPlaces(folder: string): FoundPlace[] {
  return storedCaches(folder).map(({ folder: at, about, pictures, busy }) => ({
    ...{ kind: 'pixel-cache', path: at, ...sizeOf(at) },
    holds: `${formatCount(pictures, 'decoded picture')}${about ? ` of ${about.size} x ${about.size} pixels` : ''}${about?.people === undefined ? '' : ` of ${formatCount(about.people, 'person', 'people')}`}, as plain pixels`,
    ...(about && { dataset: about.dataset }),
    ...(busy && { stays: 'a job is using it now' }),
  }));
}

/** One place for each dataset, and one for pictures that lie elsewhere or do not say where. @param datasets known ones */
export function facePlaces(folder: string, datasets: readonly string[]): FoundPlace[] {
  const deepest = [...datasets].sort((a, b) => b.length - a.length);
  const groups = new Map<string, { bytes: number; files: number; faces: number; parts: string[] }>();
  for (const { path: at, file, faces, bytes } of storedFaces(folder)) {
    const dataset = (file !== undefined && deepest.find((root) => isWithin(root, file))) || '';
    const group = groups.get(dataset) ?? { bytes: 0, files: 0, faces: 0, parts: [] };
    groups.set(dataset, group);
    group.bytes += bytes;
    group.files++;
    group.faces += faces;
    group.parts.push(at);
  }
  return [...groups].map(([dataset, { bytes, files, faces, parts }]) => ({
    ...{ kind: 'face-cache', path: folder, bytes, files, parts },
    holds: `${formatCount(faces, 'face')} cut out of ${formatCount(files, 'picture')}${dataset === '' ? ' that lie elsewhere' : ''}`,
    ...(dataset !== '' && { dataset }),
  }));
}

export function embeddingPlaces(folder: string): FoundPlace[] {
  return storedEmbeddings(folder).map(({ path: at, dataset, byPicture, bytes }) => ({
    ...{ kind: 'embeddings', path: at, bytes, files: 1 },
    holds: byPicture ? 'vectors that tell people apart, by picture' : 'vectors that tell people apart, of a training',
    ...(dataset !== undefined && { dataset }),
  }));
}

export function temporaryPlaces(): FoundPlace[] {
  return temporaryFolders().map(({ folder, orphaned }) => ({
    ...{ kind: 'temporary', path: folder, ...sizeOf(folder) },
    holds: 'pictures that were tried, faces that were looked at, or an export on its way',
    ...(!orphaned && { stays: 'a program is using it, or was not long ago' }),
  }));
}

/** What the product remembers of its own work: where it wrote, and what was forgotten. */
export function ownPlaces(cache: string): FoundPlace[] {
  const all = [
    { kind: 'evidence', path: evidenceFolder(cache), holds: 'what was forgotten and where, without names' },
    { kind: 'list', path: queueFolder(cache), holds: 'trainings that wait, with the folders of their pictures' },
    { kind: 'list', path: placesFile(cache), holds: 'where runs, recognizers, crops and exports were written' },
  ] as const;
  return all.map((place) => ({ ...place, ...sizeOf(place.path) })).filter(({ files }) => files > 0);
}
