import fs from 'node:fs';
import path from 'node:path';

/**
 * Removes files of a cache, the longest unused first, until together they take no more than `most` bytes.
 *
 * @param ending of the names that count
 * @param own a file that stays
 */
export function removeLeastRecent(own: string, ending: string, most: number): void {
  const folder = path.dirname(own);
  const all = fs
    .readdirSync(folder)
    .map((name) => path.join(folder, name))
    .filter((file) => file.endsWith(ending) && file !== own)
    .map((file) => ({ file, stat: fs.statSync(file) }))
    .sort((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
  let bytes = fs.statSync(own).size + all.reduce((sum, { stat }) => sum + stat.size, 0);
  for (const { file, stat } of all) {
    if (bytes <= most) return;
    fs.rmSync(file, { force: true });
    bytes -= stat.size;
  }
}
