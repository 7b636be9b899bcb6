import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A bundle, as it is shipped. Throws when it is not there, or older than what it is built from: it would test what was. */
export function built(name: string): string {
  const file = path.join(root, 'dist', name);
  const writtenAt = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = fs
    .readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .find((source) => fs.statSync(source).mtimeMs > writtenAt);
  if (newest !== undefined)
    throw new Error(`dist/${name} is older than ${path.relative(root, newest)}: node scripts/build.mjs --tests`);
  return file;
}
