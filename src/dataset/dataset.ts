import fs from 'node:fs';
import path from 'node:path';
import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import type { DatasetReport } from '../protocol/check.js';
import type { TrainingOptions } from '../protocol/options.js';
import type { Warning } from '../protocol/runEvents.js';
import { storedSize } from './augment.js';
import { checkPictures, examine, openPictures } from './checkDataset.js';
import { countsOf, usablePictures } from './findings.js';
import { FAULTS } from './pictureFacts.js';
import type { BatchRequest, LoadedBatch } from './pictureLoader.js';
import type { PictureSource } from './pictureSource.js';
import type { ScannedDataset, SkippedFile } from './scanDataset.js';
import { splitByIdentity, splitByPicture, type Split, type Together } from './split.js';

/** A folder of people, checked, decoded and split: what a training run reads. */
export interface Dataset {
  readonly root: string;
  /** People by class number: those with a picture that trains. */
  readonly people: readonly string[];
  /** By picture number, relative to the root; broken pictures keep their number but are in no split. */
  readonly files: readonly string[];
  /** Class of each picture; −1 for people who are not trained on. */
  readonly labels: Int32Array;
  /** Person of each picture, strangers included. */
  readonly owners: Int32Array;
  readonly usable: number;
  readonly split: Split;
  /** Validation pictures show people who are not trained on. */
  readonly openSet: boolean;
  /** Nobody has a name: all pictures count as one person's. */
  readonly unnamed?: boolean;
  readonly source: Pick<PictureSource, 'read' | 'close'>;
  readonly skipped: readonly SkippedFile[];
  readonly report: DatasetReport;
  readonly warnings: readonly Warning[];
}

export type DatasetOptions = Pick<TrainingOptions, 'size' | 'augmentation' | 'split' | 'splitBy' | 'seed'> & {
  /** Folder of the pixel caches. */
  readonly cacheFolder: string;
  readonly cacheBytes: number;
};

/**
 * Looks at every picture of what was scanned, checks it and splits it. Close its source when done.
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
  const stored = storedSize(options.size, options.augmentation);
  const source = openPictures(scanned, { ...options, stored });
  try {
    const dataset = await open(scanned, options, source, onProgress, cancelled);
    if (!dataset) await source.close();
    return dataset;
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function open(
  scanned: ScannedDataset,
  options: DatasetOptions,
  source: PictureSource,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<Dataset | undefined> {
  const { root, files, owners } = scanned;
  const prepared = await source.prepare((done) => onProgress(done, files.length), cancelled);
  if (!prepared) return undefined;
  if (!fs.existsSync(root)) throw datasetVanished(root);
  const { facts } = prepared;
  const examined = examine(scanned, facts, options.size);
  const usable = usablePictures(facts);
  const counts = countsOf(examined);
  const skipped = [...scanned.skipped];
  files.forEach((file, picture) => {
    if (facts.fault(picture) !== 'none') skipped.push({ file, reason: FAULTS[facts.fault(picture)] });
  });
  refuseUnusable(scanned, counts, usable.length, skipped.length);

  const split = splitOf(scanned, usable, options, examined.duplicates.near);
  // Only people with a picture that trains get a class number.
  const trained = new Set(split.train.map((picture) => owners[picture]!));
  const classes = scanned.people.map((_, person) => person).filter((person) => trained.has(person));
  const classOf = new Map(classes.map((person, label) => [person, label]));
  const isNamed = scanned.layout !== 'unnamed';
  const openSet = isNamed && options.splitBy === 'identity' && scanned.sides === undefined;
  const validation = split.validation.filter((picture) => openSet || trained.has(owners[picture]!));
  if (validation.length === 0 || classes.length < (isNamed ? 2 : 1))
    throw nothingToValidate(usable.length, counts, options.split);

  const report = checkPictures({ ...examined, split: examined.split ?? split });
  const warnings = warningsOf(report);
  if (prepared.uncached !== undefined)
    warnings.push({
      code: 'cache-unavailable',
      message: `Decoded pictures cannot be kept on disk (${prepared.uncached}).`,
      advice:
        'They are kept in memory as far as memory allows. Free some disk space, or set FACE_TRAINER_CACHE to a folder that can be written to.',
    });
  return {
    root,
    people: classes.map((person) => scanned.people[person]!),
    files,
    labels: Int32Array.from(owners, (owner) => classOf.get(owner) ?? -1),
    owners,
    usable: usable.length,
    split: { train: split.train, validation },
    openSet,
    unnamed: !isNamed,
    source,
    skipped,
    report,
    warnings,
  };
}

function warningsOf({ findings }: DatasetReport): Warning[] {
  return findings
    .filter(({ severity }) => severity !== 'information')
    .map(({ code, title, advice, files: found }) => ({
      code,
      message: `${title}${found.some(({ file }) => title.includes(file)) ? '' : `, such as ${found[0]!.file}`}.`,
      advice,
    }));
}

/** The dataset's own split, or one by the options. */
function splitOf(
  { owners, sides, layout }: ScannedDataset,
  usable: readonly number[],
  { split: share, splitBy, seed }: DatasetOptions,
  near: Together,
): Split {
  const of = (side: string) => usable.filter((picture) => sides![picture] === side);
  if (sides && of('validation').length > 0) return { train: of('train'), validation: of('validation') };
  // Of `train` and `test` alone, the test pictures stay aside.
  const some = sides ? of('train') : usable;
  const place = new Map(some.map((picture, i) => [picture, i]));
  const together = near.map((group) => group.flatMap((picture) => place.get(picture) ?? []));
  const local = (splitBy === 'identity' && layout !== 'unnamed' ? splitByIdentity : splitByPicture)(
    some.map((picture) => owners[picture]!),
    share,
    seed,
    together.filter((group) => group.length > 1),
  );
  return { train: local.train.map((i) => some[i]!), validation: local.validation.map((i) => some[i]!) };
}

export function datasetVanished(root: string): UserError {
  return new UserError(
    'dataset-vanished',
    `The folder “${root}” no longer exists.`,
    'Bring the folder back (was a disk unplugged?) and train again; the checkpoints written so far are intact.',
  );
}

function refuseUnusable(
  { root, people, layout }: ScannedDataset,
  counts: Int32Array,
  usable: number,
  skipped: number,
): void {
  const name = path.basename(root);
  if (usable === 0)
    throw new UserError(
      'dataset-nothing-usable',
      `None of the ${formatCount(skipped, 'file')} in “${name}” can be read as a picture.`,
      'Open one of them in an image viewer: they may be damaged, or saved with the wrong extension.',
    );
  const present = people.filter((_, person) => counts[person]! > 0);
  if (present.length === 1 && layout !== 'unnamed')
    throw new UserError(
      'dataset-one-person',
      `Only one person in “${name}”, ${present[0]!}, has a picture that can be read.`,
      'A recognizer learns to tell people apart: repair or add the pictures of at least one more person.',
    );
}

function nothingToValidate(usable: number, counts: Int32Array, share: number): UserError {
  const people = counts.filter((count) => count > 0).length;
  return new UserError(
    'dataset-nothing-to-validate',
    `No pictures are left for validation: ${formatCount(usable, 'picture')} of ${formatCount(people, 'person', 'people')} are too few for a split of ${share}.`,
    'Add pictures (ten per person is a good start), or lower the share used for training.',
  );
}

/** Reads batches of a dataset as an engine takes them. */
export async function readBatch(
  dataset: Dataset,
  request: BatchRequest,
): Promise<LoadedBatch & { readonly labels: Int32Array }> {
  const batch = await dataset.source.read(request);
  if (batch.pictures.length < request.pictures.length && !fs.existsSync(dataset.root))
    throw datasetVanished(dataset.root);
  return { ...batch, labels: Int32Array.from(batch.pictures, (picture) => Math.max(0, dataset.labels[picture]!)) };
}
