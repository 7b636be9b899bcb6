import fs from 'node:fs';
import path from 'node:path';
import { formatCount, formatList } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { preparePictures, type PixelStore } from './pixelStore.js';
import { relative, type ScannedDataset, type SkippedFile } from './scanDataset.js';
import { splitByPicture, type Split } from './split.js';

/** A folder of people, checked, decoded and split: what a training run reads. */
export interface Dataset {
  readonly root: string;
  /** People by class number. */
  readonly people: readonly string[];
  /** Files and class numbers by picture number; broken pictures keep their number but are in no split. */
  readonly files: readonly string[];
  readonly labels: Int32Array;
  readonly usable: number;
  readonly split: Split;
  readonly store: PixelStore;
  readonly skipped: readonly SkippedFile[];
  readonly warnings: readonly DatasetWarning[];
}

export interface DatasetWarning {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export interface DatasetOptions {
  readonly size: number;
  /** Share that trains. */
  readonly split: number;
  readonly seed: number;
  readonly memoryBytes: number;
}

/**
 * Decodes what was scanned and splits it.
 *
 * @returns undefined when cancelled
 * @throws UserError `dataset-…` when nothing can be trained with it
 */
export async function openDataset(
  scanned: ScannedDataset,
  options: DatasetOptions,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Dataset | undefined> {
  const files = scanned.identities.flatMap((identity) => identity.files);
  const owners = scanned.identities.flatMap((identity, i) => identity.files.map(() => i));
  const { store, broken } = await preparePictures(
    files,
    options.size,
    options.memoryBytes,
    (done) => onProgress(done, files.length),
    cancelled,
  );
  if (cancelled()) return undefined;
  if (!fs.existsSync(scanned.root)) throw datasetVanished(scanned.root);

  const skipped = [...scanned.skipped];
  for (const [picture, reason] of [...broken].sort(([a], [b]) => a - b))
    skipped.push({ file: relative(scanned.root, files[picture]!), reason });

  // Only people with a usable picture get a class number.
  const usable = files.map((_, picture) => picture).filter((picture) => !broken.has(picture));
  const counts = scanned.identities.map(() => 0);
  for (const picture of usable) counts[owners[picture]!]!++;
  const present = scanned.identities.map((_, i) => i).filter((i) => counts[i]! > 0);
  const classOf = new Map(present.map((identity, label) => [identity, label]));
  const people = present.map((i) => scanned.identities[i]!.name);
  refuseUnusable(scanned.root, people, usable.length, skipped.length);

  const labels = Int32Array.from(owners, (owner) => classOf.get(owner) ?? -1);
  const local = splitByPicture(
    usable.map((picture) => labels[picture]!),
    options.split,
    options.seed,
  );
  const split = {
    train: local.train.map((i) => usable[i]!),
    validation: local.validation.map((i) => usable[i]!),
  };
  if (split.validation.length === 0)
    throw new UserError(
      'dataset-nothing-to-validate',
      `No picture is left to validate with: ${formatCount(usable.length, 'picture')} of ${formatCount(people.length, 'person', 'people')} are too few for a split of ${options.split}.`,
      'Add pictures (ten a person is a good start), or lower the share that trains.',
    );
  const warnings = warningsOf(
    scanned.identities.map(({ name }) => name),
    counts,
    skipped,
  );
  return { root: scanned.root, people, files, labels, usable: usable.length, split, store, skipped, warnings };
}

export function datasetVanished(root: string): UserError {
  return new UserError(
    'dataset-vanished',
    `The folder “${root}” is not there any more.`,
    'Bring the folder back (was a disk unplugged?) and train again; checkpoints written so far are unharmed.',
  );
}

function refuseUnusable(root: string, people: readonly string[], usable: number, skipped: number): void {
  const name = path.basename(root);
  if (usable === 0)
    throw new UserError(
      'dataset-nothing-usable',
      `None of the ${formatCount(skipped, 'file')} in “${name}” can be read as a picture.`,
      'Open one of them in an image viewer: they may be damaged, or saved under a wrong name.',
    );
  if (people.length === 1)
    throw new UserError(
      'dataset-one-person',
      `Only one person in “${name}”, ${people[0]!}, has a picture that can be read.`,
      'A recognizer learns to tell people apart: repair or add the pictures of at least one more person.',
    );
}

function warningsOf(
  names: readonly string[],
  counts: readonly number[],
  skipped: readonly SkippedFile[],
): DatasetWarning[] {
  const warnings: DatasetWarning[] = [];
  const having = (count: number) => names.filter((_, i) => counts[i] === count);
  const people = (some: readonly string[]) => formatCount(some.length, 'person', 'people');
  const none = having(0);
  const single = having(1);
  if (skipped.length > 0)
    warnings.push({
      code: 'pictures-skipped',
      message: `${formatCount(skipped.length, 'file')} skipped, such as ${skipped[0]!.file}, which ${skipped[0]!.reason}.`,
      advice: 'The report lists all of them with the reason; the rest trains.',
    });
  if (none.length > 0)
    warnings.push({
      code: 'people-left-out',
      message: `${people(none)} left out for want of a readable picture: ${formatList(none)}.`,
      advice: 'Add readable pictures to their folders.',
    });
  if (single.length > 0)
    warnings.push({
      code: 'single-picture',
      message: `${people(single)} with one picture only: ${formatList(single)}.`,
      advice: 'One picture can be trained on but never validated: add at least a second one, better ten.',
    });
  return warnings;
}
