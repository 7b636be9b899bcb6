import fs from 'node:fs';
import path from 'node:path';

/** Files that are pictures, by their names. */
export const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|bmp|dib|avif|p[gnp]m)$/i;
/** Left out without a word unless it is a folder with pictures: what is hidden, and what operating systems leave behind. */
export const SYSTEM = /^(\.|thumbs\.db$|ehthumbs\.db$|desktop\.ini$|__macosx$|icon\r$)/i;

/** A picture, or those in a folder and the folders in it, in the order of their names; absolute paths. */
export function picturesAt(place: string): string[] {
  if (!fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()) return [place];
  const entries = fs.readdirSync(place, { withFileTypes: true }).sort((a, b) => byCodeUnit(a.name, b.name));
  return entries.flatMap((entry) => {
    const at = path.join(place, entry.name);
    if (SYSTEM.test(entry.name)) return [];
    return entry.isDirectory() ? picturesAt(at) : entry.isFile() && PICTURE.test(entry.name) ? [at] : [];
  });
}

/** The same order on every machine. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
