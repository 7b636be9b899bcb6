import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Dataset } from './dataset.js';

/**
 * SHA-256 over the relative path and size of every usable picture and the side it is on: two runs with the same
 * fingerprint saw the same files by name and size (contents are not hashed).
 */
export function datasetFingerprint(dataset: Dataset): string {
  const hash = createHash('sha256');
  for (const [side, pictures] of Object.entries(dataset.split) as [string, readonly number[]][])
    for (const picture of pictures) {
      const file = dataset.files[picture]!;
      const size = fs.statSync(path.join(dataset.root, file), { throwIfNoEntry: false })?.size ?? -1;
      hash.update(`${side}\0${file}\0${size}\n`);
    }
  return `sha256:${hash.digest('hex')}`;
}
