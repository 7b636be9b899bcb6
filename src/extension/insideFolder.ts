import fs from 'node:fs';
import path from 'node:path';

/**
 * A path that came from a page or a file, as one below a folder.
 *
 * @returns undefined for what leads out of it: by `..`, as an absolute path, or through a link
 */
export function insideFolder(folder: string, relative: string): string | undefined {
  const file = path.resolve(folder, relative);
  if (!holds(folder, file)) return undefined;
  try {
    return holds(fs.realpathSync(folder), fs.realpathSync(file)) ? file : undefined;
  } catch {
    return file; // Nothing is there: whoever opens it will say so.
  }
}

/**
 * What a page asks to open: of the files that it was sent, and not out of their folder even so.
 *
 * @param named the files that the page was sent, as it names them
 * @throws what it may not open
 */
export function namedFile(folder: string, named: readonly string[], file: string): string {
  const found = named.includes(file) ? insideFolder(folder, file) : undefined;
  if (found === undefined)
    throw new Error(`“${file}” is none of the files of ${path.basename(folder)} that are shown.`);
  return found;
}

function holds(folder: string, file: string): boolean {
  const way = path.relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}
