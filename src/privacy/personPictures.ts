import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { scanDataset, type ScannedDataset } from '../dataset/scanDataset.js';
import type { PersonName } from './personName.js';

/** A folder of pictures, or of crops made of them, with what in it is of the person and what is not. */
export interface PersonRoot {
  /** Absolute, and the same without links. */
  readonly root: string;
  readonly real: string;
  /** Pictures that are there, relative with forward slashes. */
  readonly theirs: readonly string[];
  readonly others: ReadonlySet<string>;
}

/** Who is forgotten, and which pictures show them. */
export class PersonPictures {
  private readonly theirs: ReadonlySet<string>;
  private readonly others: ReadonlySet<string>;

  constructor(
    readonly name: PersonName,
    /** The dataset first, then folders of crops made of it. */
    readonly roots: readonly PersonRoot[],
  ) {
    this.theirs = new Set(roots.flatMap(({ theirs }) => theirs));
    this.others = new Set(roots.flatMap(({ others }) => [...others]));
  }

  /** The root that a folder is, links considered. */
  rootOf(folder: string | undefined): PersonRoot | undefined {
    return this.roots.find(({ root, real }) => folder === root || folder === real);
  }

  /**
   * Whether a path is that of a picture or folder of the person: relative to a root, or absolute in one. Of a picture that is not
   * there any more, the folder says whose it was.
   */
  owns(text: string): boolean {
    const slashed = text.replaceAll('\\', '/');
    if (this.theirs.has(slashed)) return true;
    const root = this.roots
      .flatMap(({ root: at, real }) => [at, real])
      .find((at) => slashed.startsWith(`${at.replaceAll('\\', '/')}/`));
    const relative = root === undefined ? slashed : slashed.slice(root.length + 1);
    if (this.theirs.has(relative)) return true;
    if (this.others.has(relative) || (root === undefined && path.isAbsolute(text))) return false;
    const folders = relative.split('/').slice(0, -1);
    return folders.slice(0, 2).some((folder) => this.name.is(folder));
  }
}

/** The pictures of a folder by whether they are the person's; none where the folder is gone, or nobody is in it. */
export function rootOf(folder: string, name: PersonName): PersonRoot {
  const scanned = scanOf(folder);
  const files = scanned?.files ?? [];
  const isTheirs = (i: number) => name.is(scanned!.people[scanned!.owners[i]!]!);
  return {
    root: folder,
    real: realOf(folder),
    theirs: files.filter((_, i) => isTheirs(i)),
    others: new Set(files.filter((_, i) => !isTheirs(i))),
  };
}

/** Everybody in a folder of pictures. */
export function peopleIn(folder: string): readonly string[] {
  return scanOf(folder)?.people ?? [];
}

function scanOf(folder: string): ScannedDataset | undefined {
  try {
    return scanDataset(folder, 1);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

export function realOf(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch {
    return folder;
  }
}
