import path from 'node:path';
import { formatCount, formatSimilarity } from '../core/format.js';
import type { ScannedDataset } from '../dataset/scanDataset.js';
import { straysIn } from '../evaluation/looks.js';
import { embeddingsFolder } from '../platform/cacheFolder.js';
import type { Finding, FindingFile } from '../protocol/check.js';
import { faceSetOf } from './faceSetOf.js';
import { FolderFaces } from './keptFaces.js';
import type { Sight } from './sight.js';

/**
 * Pictures of a folder whose faces are more like another person than like the others of their own, for Check Dataset: each with the
 * picture of that person that it is most like.
 *
 * @returns undefined where there are none, and when cancelled
 */
export async function strayFinding(
  sight: Sight,
  { root, people, files, owners }: ScannedDataset,
  onProgress: (done: number) => void,
  cancelled: () => boolean,
): Promise<Finding | undefined> {
  const kept = FolderFaces.open(embeddingsFolder(), path.resolve(root), sight);
  const pictures = files.map((file, i) => ({ person: people[owners[i]!]!, file: path.join(root, ...file.split('/')) }));
  const seen = await faceSetOf(sight, pictures, { kept, onProgress, cancelled });
  kept.save();
  if (!seen) return undefined;
  const { strays, count } = straysIn(seen.set);
  if (count === 0) return undefined;
  const named = (picture: string) => path.relative(root, picture).split(path.sep).join('/');
  return {
    code: 'looks-like-another',
    severity: 'warning',
    title: `${formatCount(count, 'picture looks', 'pictures look')} like someone else`,
    explanation:
      'Their faces are more like another person than like the others of their own folder: they may lie in the wrong one. Each is ' +
      'shown with the picture of that person that it is most like, and with its similarity to either person.',
    advice: 'Look at each: move it where it belongs, or leave it out. A hard picture of the right person may stay.',
    files: strays.flatMap(
      ({ picture, person, ownSimilarity, similarity, nearestPicture, nearestPerson }, group): FindingFile[] => [
        { file: named(picture), detail: `${formatSimilarity(ownSimilarity)} ${person}`, group },
        { file: named(nearestPicture), detail: `${formatSimilarity(similarity)} ${nearestPerson}`, group },
      ],
    ),
  };
}
