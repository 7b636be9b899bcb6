import path from 'node:path';
import { formatCount } from '../core/format.js';
import { eraseFromCache, othersIn } from '../dataset/pixelCacheUpkeep.js';
import { keyOf, readAbout } from '../dataset/pixelCacheFiles.js';
import { cropsOf, storedFaces } from '../faces/faceCacheUpkeep.js';
import { eraseFile } from '../platform/erase.js';
import { eraseKeptFaces, keptFileNames } from '../recognition/keptFaces.js';
import { storedEmbeddings } from '../recognition/embeddingsUpkeep.js';
import type { Looking } from './found.js';
import { isWithin } from './folderSize.js';
import type { FoundPlace } from './foundPlace.js';
import type { PersonRoot } from './personPictures.js';

// What is kept stays for pictures of others that are there; whatever else is kept of the folder goes, so that nothing stays of a
// picture whose file was renamed, moved or deleted before.

const NOBODY: ReadonlySet<string> = new Set();

/** Decoded pictures. A cache that does not say whose it is may be the person's: it is emptied. */
export function forgetPixels(
  { path: folder, bytes }: FoundPlace,
  { person, change, trace, left, pixels }: Looking,
): void {
  const about = readAbout(folder);
  const root = person.rootOf(about?.dataset);
  const others = root?.others ?? NOBODY;
  const theirs = new Set(root?.theirs.map(keyOf));
  // Of pictures that are not there any more nobody can say whether another copy of them is somebody else's.
  const onErased = (content: Uint8Array, key = '') => theirs.has(key) && pixels(content);
  const count = othersIn(folder, others);
  if (count === 0 && !change) return;
  const erased = change
    ? eraseFromCache(folder, others, onErased)
    : { bytes: about ? count * about.size ** 2 * 3 : bytes };
  if (!erased) left({ path: folder, why: 'a job is using it now' });
  else if (count > 0 || erased.bytes > 0)
    trace({ kind: 'pixel-cache', path: folder, found: formatCount(count, 'decoded picture'), bytes: erased.bytes });
}

/** Faces that were cut out, of pictures of the person and of pictures that are not said. */
export function forgetFaces({ path: folder }: FoundPlace, { person, change, trace, pixels }: Looking): void {
  let pictures = 0;
  let bytes = 0;
  for (const one of storedFaces(folder)) {
    if (!isOf(one.file, person.roots)) continue;
    pictures++;
    bytes += one.bytes;
    if (!change) continue;
    if (one.file !== undefined && person.owns(one.file)) pixels(cropsOf(one.path));
    eraseFile(one.path);
  }
  if (pictures > 0)
    trace({ kind: 'face-cache', path: folder, found: `faces of ${formatCount(pictures, 'picture')}`, bytes });
}

function isOf(file: string | undefined, roots: readonly PersonRoot[]): boolean {
  if (file === undefined) return true;
  return roots.some((root) => [root.root, root.real].some((at) => isWithin(at, file)) && !isOther(file, root));
}

/** Whether a picture is somebody else's and there. @param file absolute */
function isOther(file: string, { root, real, others }: PersonRoot): boolean {
  return [root, real].some(
    (at) => isWithin(at, file) && others.has(file.slice(at.length + 1).replaceAll(path.sep, '/')),
  );
}

/** Vectors by picture, and those of a training, which do not say whose they are: they go as a whole, and are computed anew. */
export function forgetEmbeddings({ path: file, bytes }: FoundPlace, { person, change, trace, vector }: Looking): void {
  const stored = storedEmbeddings(path.dirname(file)).find((one) => one.path === file);
  if (!stored) return;
  const root = person.rootOf(stored.dataset);
  if (stored.byPicture && root) {
    const stays = (picture: string) => isOther(picture, root);
    const gone = keptFileNames(file).filter((name) => !stays(name)).length;
    if (gone === 0) return;
    if (change) eraseKeptFaces(file, stays, (row, picture) => person.owns(picture) && vector(row));
    trace({ kind: 'embeddings', path: file, found: `vectors of ${formatCount(gone, 'picture')}`, bytes });
    return;
  }
  if (change) eraseFile(file);
  trace({ kind: 'embeddings', path: file, found: 'vectors that do not say whose they are', bytes });
}
