import path from 'node:path';
import { UserError } from '../core/userError.js';
import { readRegularFile } from '../platform/regularFile.js';
import type { DatasetReport, Finding } from '../protocol/check.js';
import {
  countsOf,
  findDuplicates,
  findingsOf,
  gravestFirst,
  suggestedExclusions,
  usablePictures,
  type Examined,
} from './findings.js';
import type { PictureFacts } from './pictureFacts.js';
import { PictureSource } from './pictureSource.js';
import type { ScannedDataset } from './scanDataset.js';
import { thumbnailOf } from './thumbnail.js';

/** The paths of a million pictures. */
const MOST_LIST_BYTES = 1 << 28;

/** Files of a finding that the report shows a small picture of. */
const THUMBNAILS = 12;
const THUMBNAIL_SIDE = 96;

export interface PicturesOptions {
  readonly size: number;
  readonly stored: number;
  readonly cacheFolder: string;
  readonly cacheBytes: number;
}

export function openPictures({ root, files, people }: ScannedDataset, options: PicturesOptions): PictureSource {
  const { size, stored, cacheFolder, cacheBytes } = options;
  return new PictureSource({ root, files, size, stored, cacheFolder, cacheBytes, people: people.length });
}

export function examine(scanned: ScannedDataset, facts: PictureFacts, size: number): Examined {
  return { scanned, facts, size, split: ownSplit(scanned, facts), duplicates: findDuplicates(facts) };
}

/** What the dataset itself says is training and validation. */
function ownSplit({ sides }: ScannedDataset, facts: PictureFacts): Examined['split'] {
  if (!sides) return undefined;
  const of = (...wanted: string[]) => usablePictures(facts).filter((picture) => wanted.includes(sides[picture]!));
  return { train: of('train'), validation: of('validation', 'test') };
}

/** The report without small pictures. @param others what was found elsewhere */
export function checkPictures(examined: Examined, others: readonly Finding[] = []): DatasetReport {
  const { scanned } = examined;
  const findings = gravestFirst([...findingsOf(examined), ...others]);
  const counts = countsOf(examined);
  return {
    version: 1,
    dataset: scanned.root,
    layout: scanned.layout,
    people: counts.filter((count) => count > 0).length,
    pictures: usablePictures(examined.facts).length,
    counts: scanned.people
      .map((person, i) => ({ person, pictures: counts[i]! }))
      .sort((a, b) => b.pictures - a.pictures || (a.person < b.person ? -1 : 1)),
    findings,
    suggestedExclusions: suggestedExclusions(findings),
  };
}

/**
 * Check Dataset: looks at every picture of a folder and tells what it found. What was decoded stays in the cache for a
 * training that follows.
 *
 * @param others what was found elsewhere, for the same report
 * @returns undefined when cancelled
 */
export async function checkDataset(
  scanned: ScannedDataset,
  options: PicturesOptions,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
  others: readonly Finding[] = [],
): Promise<DatasetReport | undefined> {
  const source = openPictures(scanned, options);
  try {
    const prepared = await source.prepare((done) => onProgress(done, scanned.files.length), cancelled);
    if (!prepared) return undefined;
    const report = checkPictures(examine(scanned, prepared.facts, options.size), others);
    const shown = new Set(scanned.files);
    return {
      ...report,
      findings: await Promise.all(report.findings.map((finding) => withThumbnails(scanned.root, shown, finding))),
    };
  } finally {
    await source.close();
  }
}

/** @param shown the files that the scan took: what it refused, such as a link out of the folder, is never opened */
async function withThumbnails(root: string, shown: ReadonlySet<string>, finding: Finding): Promise<Finding> {
  const files = await Promise.all(
    finding.files.map(async (file, i) => {
      if (i >= THUMBNAILS || !shown.has(file.file)) return file;
      const thumbnail = await thumbnailOf(path.join(root, file.file), THUMBNAIL_SIDE, { quality: 75, enlarge: true });
      return thumbnail === undefined ? file : { ...file, thumbnail };
    }),
  );
  return { ...finding, files };
}

/**
 * Leaves out what a list names, one path a line, relative to the dataset; empty lines and those that begin with # do not
 * count.
 *
 * @throws UserError `exclusion-list` when it cannot be read
 */
export function withoutExcluded(scanned: ScannedDataset, list: string | undefined): ScannedDataset {
  if (list === undefined) return scanned;
  let text: string;
  try {
    text = readRegularFile(list, MOST_LIST_BYTES).toString();
  } catch (cause) {
    throw new UserError(
      'exclusion-list',
      `The list of pictures to leave out, “${list}”, cannot be read.`,
      'Choose a text file with a path on each line, relative to the folder of pictures.',
      { cause },
    );
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const excluded = new Set(
    lines.filter((line) => line && !line.startsWith('#')).map((line) => line.replaceAll('\\', '/')),
  );
  const stay = scanned.files.map((_, i) => i).filter((i) => !excluded.has(scanned.files[i]!));
  return {
    ...scanned,
    files: stay.map((i) => scanned.files[i]!),
    owners: Int32Array.from(stay, (i) => scanned.owners[i]!),
    sides: scanned.sides && stay.map((i) => scanned.sides![i]!),
    skipped: [
      ...scanned.skipped,
      ...scanned.files
        .filter((file) => excluded.has(file))
        .map((file) => ({ file, reason: 'is on the exclusion list' })),
    ],
  };
}
