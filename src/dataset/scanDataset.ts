import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';

/** One person and the files of their pictures. */
export interface Identity {
  /** Name of the sub-folder. */
  readonly name: string;
  /** Absolute paths, in the order of their relative paths by code unit: the same on every machine. */
  readonly files: readonly string[];
}

export interface SkippedFile {
  /** Relative to the dataset, with forward slashes. */
  readonly file: string;
  readonly reason: string;
}

export interface ScannedDataset {
  readonly root: string;
  readonly identities: readonly Identity[];
  readonly skipped: readonly SkippedFile[];
}

const PICTURE = /\.(jpe?g|jfif|png|webp|tiff?|gif|avif|p[gnp]m)$/i;
/** Left out without a word: hidden files and what operating systems leave behind. */
const SYSTEM = /^(\.|thumbs\.db$|desktop\.ini$|__macosx$)/i;

/**
 * Finds the people and pictures of a folder with one sub-folder a person. Pictures may lie deeper; the first level
 * names the person. File contents are not read here. Symbolic links are not followed: one may lead round in a circle or
 * out of the folder.
 *
 * @throws UserError `dataset-missing`, `dataset-no-people` or `dataset-one-person`
 */
export function scanDataset(root: string): ScannedDataset {
  const skipped: SkippedFile[] = [];
  const skip = (file: string, reason: string) => skipped.push({ file: relative(root, file), reason });
  const identities: Identity[] = [];
  for (const entry of listFolder(root, missing(root))) {
    const full = path.join(root, entry.name);
    if (entry.isDirectory()) identities.push({ name: entry.name, files: picturesIn(full, skip) });
    else if (PICTURE.test(entry.name)) skip(full, 'lies beside the folders of the people, so it belongs to nobody');
  }
  const named = identities.filter(({ files }) => files.length > 0);
  for (const { name } of identities.filter(({ files }) => files.length === 0))
    skip(path.join(root, name), 'holds no picture');
  if (named.length === 0)
    throw new UserError(
      'dataset-no-people',
      `“${path.basename(root)}” has no sub-folder with pictures.`,
      'Choose the folder that holds one sub-folder for each person, with that person’s pictures inside.',
    );
  if (named.length === 1)
    throw new UserError(
      'dataset-one-person',
      `“${path.basename(root)}” has pictures of one person only, ${named[0]!.name}.`,
      'A recognizer learns to tell people apart: add a sub-folder for at least one more person.',
    );
  return { root, identities: named, skipped };
}

function picturesIn(folder: string, skip: (file: string, reason: string) => void): string[] {
  const files: string[] = [];
  for (const entry of listFolder(folder)) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const file of picturesIn(full, skip)) files.push(file);
    } else if (PICTURE.test(entry.name)) files.push(full);
    else skip(full, 'is not a picture by its name');
  }
  return files;
}

function listFolder(folder: string, failure?: (cause: unknown) => UserError): fs.Dirent[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw failure?.(cause) ?? missing(folder)(cause);
  }
  return entries
    .filter(({ name }) => !SYSTEM.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function missing(folder: string): (cause: unknown) => UserError {
  return (cause) => {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'EACCES' || code === 'EPERM'
        ? 'may not be read'
        : code === 'ENOTDIR'
          ? 'is not a folder'
          : 'does not exist';
    return new UserError(
      'dataset-missing',
      `The folder “${folder}” ${why}.`,
      'Choose a folder that exists and that you may read.',
      { cause },
    );
  };
}

export function relative(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}
