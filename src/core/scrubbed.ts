import { escapeRegExp } from './format.js';

/** What of a machine must not be in a text that is given away. */
export interface PrivateWords {
  /** Folders: of the user, of a workspace, of pictures. */
  readonly folders: readonly string[];
  readonly names: readonly string[];
  /** Where the program lies: paths in it tell nothing but the program. */
  readonly program: string;
}

const PICTURE = /[^\s"'“”(),]+\.(?:jpe?g|png|webp|tiff?|gif|bmp|avif|heic|p[gnp]m)\b/gi;
/** Whatever has a slash or a backslash in it; `node:fs/promises` and addresses of the web are nobody's. */
const PATH = /(?:[a-z]:)?[^\s"'“”(),]*[/\\][^\s"'“”(),]*/gi;
const OPEN = /^(?:node:|https?:\/\/)/;

/**
 * A text without names and paths: what stands in quotation marks goes, folders and names that are known go, and whatever else looks
 * like a path or a picture. What the program says of itself stays: its sentences, its own files, lines and numbers.
 */
export function scrubbed(text: string, { folders, names, program }: PrivateWords): string {
  const known = [...folders].filter((folder) => folder.length > 1).sort((a, b) => b.length - a.length);
  const own = text.replaceAll(program, '<program>');
  const placed = known.reduce((left, folder) => left.replaceAll(folder, '<folder>'), own);
  const quoted = placed.replace(/“[^”\n]*”/g, '“…”').replace(/'[^'\n]*[/\\][^'\n]*'/g, "'…'");
  const named = [...names]
    .sort((a, b) => b.length - a.length)
    .reduce((left, name) => left.replace(asWord(name), '<person>'), quoted);
  return named
    .replace(PATH, (found) => (found.startsWith('<program>') || OPEN.test(found) ? found : '<path>'))
    .replace(PICTURE, '<picture>');
}

function asWord(name: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(name)}(?![\\p{L}\\p{N}])`, 'gu');
}
