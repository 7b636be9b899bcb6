import { formatCount } from '../core/format.js';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { byCodeUnit, PICTURE, SYSTEM } from '../platform/picturesAt.js';
import { readLabels, LABELS_FILE, type Side } from './labelsFile.js';

export interface SkippedFile {
  /** Relative to the dataset, with forward slashes. */
  readonly file: string;
  readonly reason: string;
}

/**
 * How a dataset says whose picture is whose: a folder for each person, a table, or folders inside `train`, `val`, `test`; of
 * `unnamed` pictures it says nothing, and all of them count as one person's.
 */
export type Layout = 'folders' | 'labels' | 'split' | 'unnamed';

/** The people and pictures of a folder by their names; contents have not been read. */
export interface ScannedDataset {
  readonly root: string;
  readonly layout: Layout;
  /** By person number, in the order of their names by code unit: the same on every machine. */
  readonly people: readonly string[];
  /** By picture number, relative to the root with forward slashes; person by person, each in the order of the paths. */
  readonly files: readonly string[];
  /** Person of each picture. */
  readonly owners: Int32Array;
  /** Side of each picture, where the dataset says so itself. */
  readonly sides: readonly Side[] | undefined;
  readonly skipped: readonly SkippedFile[];
}

const NOBODYS = 'is outside the folders of the people, so it belongs to nobody';
const HIDDEN = 'is a hidden folder: rename it if you want its pictures';
const SIDES: readonly [RegExp, Side][] = [
  [/^train(ing)?$/i, 'train'],
  [/^val(id(ation)?)?$/i, 'validation'],
  [/^test(ing)?$/i, 'test'],
];

interface Entry {
  readonly person: string;
  readonly file: string;
  readonly side?: Side | undefined;
}

/**
 * Finds the people and pictures of a folder. Three layouts are known: one sub-folder a person, with pictures at any depth
 * below; a file `labels.csv` with the columns path and person (and, if wished, split); `train`, `val` and `test` with one
 * sub-folder a person in each.
 *
 * Symbolic links that stay inside the folder are followed, others are not. Hidden files and those of operating systems
 * are ignored; everything else that is left out, hidden folders with pictures too, is listed with its reason.
 *
 * @param leastPeople 1 where people need not be told apart; 0 where they need no names: pictures that lie in the folder itself, and
 *   nothing else, are taken as well
 * @throws UserError `dataset-missing`, `dataset-no-people`, `dataset-one-person` or `dataset-labels`
 */
export function scanDataset(root: string, leastPeople: 0 | 1 | 2 = 2): ScannedDataset {
  const scanner = new Scanner(root);
  const top = scanner.list(root);
  const sided = sidesOf(top);
  let layout: Layout = 'folders';
  let entries: Entry[];
  if (top.some(({ name, kind }) => name === LABELS_FILE && kind === 'file')) {
    layout = 'labels';
    entries = scanner.labelled();
  } else if (sided) {
    layout = 'split';
    entries = sided.flatMap(([folder, side]) => scanner.people(folder, side));
  } else if (leastPeople === 0 && !top.some(({ kind }) => kind === 'folder')) {
    layout = 'unnamed';
    entries = scanner.unnamed(top);
  } else entries = scanner.people('');
  return arrange(root, layout, entries, scanner.skipped, leastPeople || (layout === 'unnamed' ? 1 : 2));
}

/** `train` and at least one of `val` and `test`, and no other folder: the sides of a split. */
function sidesOf(top: readonly Listed[]): [string, Side][] | undefined {
  const folders = top.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  const sides = folders.map((name) => SIDES.find(([pattern]) => pattern.test(name))?.[1]);
  if (!sides.includes('train') || sides.length < 2 || sides.includes(undefined)) return undefined;
  return folders.map((name, i) => [name, sides[i]!]);
}

function arrange(
  root: string,
  layout: Layout,
  entries: readonly Entry[],
  skipped: readonly SkippedFile[],
  leastPeople: number,
): ScannedDataset {
  const people = [...new Set(entries.map(({ person }) => person))].sort(byCodeUnit);
  const name = path.basename(root);
  const loose = skipped.filter(({ reason }) => reason === NOBODYS).length;
  if (people.length === 0 && loose > 0)
    throw new UserError(
      'dataset-no-people',
      `“${name}” holds ${formatCount(loose, 'picture')} but does not say who is who.`,
      'Make a sub-folder for each person, named like the person, and put that person’s pictures inside.',
    );
  if (people.length === 0)
    throw new UserError(
      'dataset-no-people',
      layout === 'labels'
        ? `The file ${LABELS_FILE} in “${name}” names no picture that exists.`
        : `“${name}” has ${layout === 'unnamed' ? 'no pictures' : 'no sub-folder with pictures'}.`,
      'Choose the folder that contains one sub-folder for each person, with that person’s pictures inside.',
    );
  if (people.length < leastPeople)
    throw new UserError(
      'dataset-one-person',
      `“${name}” has pictures of only one person, ${people[0]!}.`,
      'A recognizer learns to tell people apart: add a sub-folder for at least one more person.',
    );
  const number = new Map(people.map((person, i) => [person, i]));
  const sorted = [...entries].sort(
    (a, b) => number.get(a.person)! - number.get(b.person)! || byCodeUnit(a.file, b.file),
  );
  return {
    root,
    layout,
    people,
    files: sorted.map(({ file }) => file),
    owners: Int32Array.from(sorted, ({ person }) => number.get(person)!),
    sides: sorted.some(({ side }) => side !== undefined) ? sorted.map(({ side }) => side ?? 'train') : undefined,
    skipped,
  };
}

interface Listed {
  readonly name: string;
  readonly kind: 'file' | 'folder';
}

class Scanner {
  readonly skipped: SkippedFile[] = [];
  /** The folder itself without links: what a link must stay inside of. */
  private readonly inside: string;

  constructor(private readonly root: string) {
    try {
      this.inside = fs.realpathSync(root);
    } catch (cause) {
      throw missing(root, cause);
    }
  }

  /** One sub-folder a person, below a folder that is relative to the root. */
  people(below: string, side?: Side): Entry[] {
    const entries: Entry[] = [];
    for (const { name, kind } of this.list(path.join(this.root, below))) {
      const at = below ? `${below}/${name}` : name;
      if (kind === 'folder') {
        const files = this.pictures(at, [this.inside]);
        if (files.length === 0) this.skip(at, 'contains no pictures');
        for (const file of files) entries.push({ person: name, file, side });
      } else if (PICTURE.test(name)) this.skip(at, NOBODYS);
    }
    return entries;
  }

  /** Pictures of whomever. @param top of the root */
  unnamed(top: readonly Listed[]): Entry[] {
    const person = path.basename(this.root);
    const pictures = top.filter(({ name }) => PICTURE.test(name));
    for (const { name } of top) if (!PICTURE.test(name)) this.skip(name, notAPicture(name));
    return pictures.map(({ name }) => ({ person, file: name }));
  }

  /** What `labels.csv` names. */
  labelled(): Entry[] {
    const present = new Set(this.pictures('', []));
    const entries: Entry[] = [];
    const named = new Set<string>();
    for (const { file, person, side, problem } of readLabels(path.join(this.root, LABELS_FILE))) {
      if (problem !== undefined) this.skip(file, problem);
      else if (named.has(file)) this.skip(file, `is named more than once in ${LABELS_FILE}`);
      else if (!present.has(file)) this.skip(file, `is named in ${LABELS_FILE}, but is not a picture in this folder`);
      else entries.push({ file, person, side });
      named.add(file);
    }
    for (const file of present) if (!named.has(file)) this.skip(file, `is not named in ${LABELS_FILE}`);
    return entries;
  }

  /** Pictures at any depth, relative to the root. `chain`: the folders above, without links. */
  private pictures(folder: string, chain: readonly string[]): string[] {
    const full = path.join(this.root, folder);
    const real = fs.realpathSync(full);
    if (chain.includes(real)) {
      this.skip(folder, 'is a circular link');
      return [];
    }
    const files: string[] = [];
    for (const { name, kind } of this.list(full)) {
      const at = folder ? `${folder}/${name}` : name;
      if (kind === 'folder') for (const file of this.pictures(at, [...chain, real])) files.push(file);
      else if (PICTURE.test(name)) files.push(at);
      else if (at !== LABELS_FILE) this.skip(at, notAPicture(name));
    }
    return files;
  }

  /** Files and folders by name, links resolved. */
  list(folder: string): Listed[] {
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(folder, { withFileTypes: true });
    } catch (cause) {
      if (folder === this.root) throw missing(folder, cause);
      this.skip(relative(this.root, folder), 'cannot be read: no permission');
      return [];
    }
    const listed: Listed[] = [];
    for (const entry of entries) {
      const at = path.join(folder, entry.name);
      if (SYSTEM.test(entry.name)) {
        if (entry.isDirectory() && entry.name.startsWith('.') && holdsPicture(at))
          this.skip(relative(this.root, at), HIDDEN);
        continue;
      }
      const kind = entry.isSymbolicLink() ? this.linked(at) : kindOf(entry);
      if (typeof kind === 'object') this.skip(relative(this.root, at), kind.reason);
      else listed.push({ name: entry.name, kind });
    }
    return listed.sort((a, b) => byCodeUnit(a.name, b.name));
  }

  private linked(link: string): Listed['kind'] | { reason: string } {
    let target: string;
    try {
      target = fs.realpathSync(link);
    } catch {
      return { reason: 'is a broken link' };
    }
    if (target !== this.inside && !target.startsWith(this.inside + path.sep))
      return { reason: 'is a link that leads out of the folder' };
    return kindOf(fs.statSync(target));
  }

  private skip(file: string, reason: string): void {
    this.skipped.push({ file, reason });
  }
}

/** A pipe would be waited for without end. */
function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): Listed['kind'] | { reason: string } {
  return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : { reason: 'is neither a file nor a folder' };
}

/** Whether a picture lies in it at any depth; links are not followed. */
function holdsPicture(folder: string): boolean {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    return (
      entries.some((entry) => entry.isFile() && PICTURE.test(entry.name) && !SYSTEM.test(entry.name)) ||
      entries.some((entry) => entry.isDirectory() && holdsPicture(path.join(folder, entry.name)))
    );
  } catch {
    return false;
  }
}

function notAPicture(name: string): string {
  return /\.(heic|heif)$/i.test(name)
    ? 'is a HEIC picture, which cannot be read: export it as JPEG'
    : 'does not have the file extension of a picture';
}

function missing(folder: string, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code;
  const why =
    code === 'EACCES' || code === 'EPERM'
      ? 'cannot be read: no permission'
      : code === 'ENOTDIR'
        ? 'is not a folder'
        : 'does not exist';
  return new UserError(
    'dataset-missing',
    `The folder “${folder}” ${why}.`,
    'Choose a folder that exists and that you have permission to read.',
    { cause },
  );
}

function relative(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}
