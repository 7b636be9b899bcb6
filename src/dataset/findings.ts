import { formatCount, formatList } from '../core/format.js';
import type { Finding, FindingFile } from '../protocol/check.js';
import { duplicatesWithin, NEAR_DISTANCE, sameContents, SURE_DISTANCE, type Group } from './duplicates.js';
import { FAULTS, FORMATS, type Format, type PictureFacts } from './pictureFacts.js';
import type { ScannedDataset } from './scanDataset.js';
import type { Split } from './split.js';

/** A side shorter than this share of the input's is blown up so far that little of a face is left. */
const SMALL_SHARE = 0.5;
/** Fewer are hard to learn from; more than ten times the median are seen too much. */
const FEW_PICTURES = 5;
const IMBALANCE = 10;

const EXTENSIONS: Record<Format, RegExp> = {
  unknown: /^$/,
  jpeg: /\.(jpe?g|jpe|jfif)$/i,
  png: /\.png$/i,
  webp: /\.webp$/i,
  tiff: /\.tiff?$/i,
  gif: /\.gif$/i,
  bmp: /\.(bmp|dib)$/i,
  avif: /\.avif$/i,
  pnm: /\.p[gnp]m$/i,
};

export interface Examined {
  readonly scanned: ScannedDataset;
  readonly facts: PictureFacts;
  /** Side of the network's input. */
  readonly size: number;
  /** By picture number, as trained; undefined where there is no split to look at. */
  readonly split: Split | undefined;
  readonly duplicates: Duplicates;
}

/** Pictures that are the same, among the usable ones. */
export interface Duplicates {
  readonly exact: readonly Group[];
  /** By their looks; the exact ones are in them. */
  readonly near: readonly Group[];
  /** Those of them that are the same beyond doubt. */
  readonly sure: readonly Group[];
}

export function findDuplicates(facts: PictureFacts): Duplicates {
  const usable = usablePictures(facts);
  const [near, sure] = duplicatesWithin(facts, usable, [NEAR_DISTANCE, SURE_DISTANCE]);
  return { exact: sameContents(facts, usable), near: near!, sure: sure! };
}

export function usablePictures(facts: PictureFacts): number[] {
  const usable: number[] = [];
  for (let picture = 0; picture < facts.count; picture++) if (facts.fault(picture) === 'none') usable.push(picture);
  return usable;
}

/** Everything worth knowing about a folder before training with it. */
export function findingsOf(examined: Examined): Finding[] {
  const kinds = [
    unreadable,
    tooLarge,
    skippedFiles,
    peopleLeftOut,
    samePictureTwoPeople,
    acrossSplit,
    fewPictures,
    singlePicture,
    imbalance,
    exactCopies,
    nearCopies,
    tooSmall,
    wrongExtension,
    animated,
    alikeNames,
  ];
  return kinds.map((kind) => kind(examined)).filter((finding) => finding !== undefined);
}

export function gravestFirst(findings: readonly Finding[]): Finding[] {
  const rank = { error: 0, warning: 1, information: 2 };
  return findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
}

function finding(
  code: Finding['code'],
  severity: Finding['severity'],
  title: string,
  explanation: string,
  advice: string,
  files: FindingFile[],
): Finding | undefined {
  return files.length === 0 ? undefined : { code, severity, title, explanation, advice, files };
}

function where({ facts }: Examined, holds: (picture: number) => boolean): number[] {
  return Array.from({ length: facts.count }, (_, i) => i).filter(holds);
}

const pictures = (some: readonly unknown[]) => formatCount(some.length, 'picture');
const people = (some: readonly unknown[]) => formatCount(some.length, 'person', 'people');

function unreadable(examined: Examined): Finding | undefined {
  const { facts, scanned } = examined;
  const bad = where(examined, (p) => !['none', 'tooLarge'].includes(facts.fault(p)));
  return finding(
    'unreadable',
    'warning',
    `${pictures(bad)} cannot be read`,
    'Files that are damaged, cut short, empty or not pictures at all. They are left out; training uses the rest.',
    'Open them in a viewer. Copy or export them again, or remove them.',
    bad.map((p) => ({ file: scanned.files[p]!, detail: FAULTS[facts.fault(p)] })),
  );
}

function tooLarge(examined: Examined): Finding | undefined {
  const { facts, scanned } = examined;
  const large = where(examined, (p) => facts.fault(p) === 'tooLarge');
  return finding(
    'too-large',
    'warning',
    `${pictures(large)} of more than 50 megapixels`,
    'A network sees a face in a few hundred pixels. Pictures this large are not decoded; they are left out.',
    'Cut the faces out, or save the pictures at a smaller size.',
    large.map((p) => ({ file: scanned.files[p]!, detail: `${facts.widths[p]!} x ${facts.heights[p]!}` })),
  );
}

function skippedFiles({ scanned }: Examined): Finding | undefined {
  return finding(
    'skipped',
    'information',
    `${formatCount(scanned.skipped.length, 'file')} left out`,
    'Files that are not used: other kinds of files, pictures that belong to nobody, links that lead out of the folder.',
    'If that is what you expect, there is nothing to do.',
    scanned.skipped.map(({ file, reason }) => ({ file, detail: reason })),
  );
}

function peopleLeftOut(examined: Examined): Finding | undefined {
  const counts = countsOf(examined);
  const none = examined.scanned.people.filter((_, i) => counts[i] === 0);
  return finding(
    'people-left-out',
    'warning',
    `${people(none)} without a readable picture: ${formatList(none)}`,
    'The network can only recognize people it was trained on.',
    'Add readable pictures to their folders.',
    none.map((name) => ({ file: name })),
  );
}

function samePictureTwoPeople({ scanned, duplicates }: Examined): Finding | undefined {
  const owner = (p: number) => scanned.people[scanned.owners[p]!]!;
  const groups = duplicates.sure.filter((group) => new Set(group.map(owner)).size > 1);
  return finding(
    'two-people',
    'error',
    `${formatCount(groups.length, 'picture')} under two or more people`,
    'The same picture, or two that look the same, in the folders of different people. One of them is wrong, and the network is taught both.',
    'Decide whose picture it is and leave out the others.',
    groups.flatMap((group, i) => group.map((p) => ({ file: scanned.files[p]!, detail: owner(p), group: i }))),
  );
}

function acrossSplit({ scanned, duplicates, split }: Examined): Finding | undefined {
  if (!split) return undefined;
  const validation = new Set(split.validation);
  const train = new Set(split.train);
  const groups = duplicates.near.filter(
    (group) => group.some((p) => validation.has(p)) && group.some((p) => train.has(p)),
  );
  return finding(
    'across-split',
    'error',
    `${formatCount(groups.length, 'picture')} in training and in validation`,
    'Validation should show how well the network does on pictures it has not seen. With copies on both sides it looks better than it is.',
    'Remove the copies from one side. (If the folder has no split of its own, Face Trainer keeps copies on one side.)',
    groups.flatMap((group, i) =>
      group.map((p) => ({ file: scanned.files[p]!, detail: validation.has(p) ? 'validation' : 'training', group: i })),
    ),
  );
}

function fewPictures(examined: Examined): Finding | undefined {
  const counts = countsOf(examined);
  const few = examined.scanned.people.flatMap((name, i) =>
    counts[i]! >= 2 && counts[i]! < FEW_PICTURES ? [{ file: name, detail: formatCount(counts[i]!, 'picture') }] : [],
  );
  return finding(
    'few-pictures',
    'information',
    `${people(few)} with fewer than ${FEW_PICTURES} pictures`,
    'A face changes with light, angle and mood. A network that has seen it in few pictures recognizes it in few.',
    'Ten pictures from different days are a good start.',
    few,
  );
}

function singlePicture(examined: Examined): Finding | undefined {
  const counts = countsOf(examined);
  const single = examined.scanned.people.filter((_, i) => counts[i] === 1);
  return finding(
    'single-picture',
    'warning',
    `${people(single)} with only one picture: ${formatList(single)}`,
    'A single picture is used for training, never for validation.',
    'Add at least one more, or better ten.',
    single.map((name) => ({ file: name })),
  );
}

function imbalance(examined: Examined): Finding | undefined {
  const counts = countsOf(examined);
  const present = [...counts].filter((count) => count > 0).sort((a, b) => a - b);
  const median = present[present.length >> 1] ?? 0;
  const many = examined.scanned.people.flatMap((name, i) =>
    counts[i]! > IMBALANCE * median ? [{ file: name, detail: formatCount(counts[i]!, 'picture') }] : [],
  );
  return finding(
    'imbalance',
    'information',
    `${people(many)} with more than ${IMBALANCE} times as many pictures as most`,
    `Half of the people have at most ${formatCount(median, 'picture')}. When in doubt, the network names the people with the most.`,
    'Add pictures of the others, or leave out some of these.',
    many,
  );
}

function exactCopies({ scanned, duplicates }: Examined): Finding | undefined {
  return finding(
    'exact-duplicates',
    'warning',
    `${formatCount(duplicates.exact.length, 'picture that appears', 'pictures that appear')} more than once`,
    'Files with the same contents. Every copy counts in training; Face Trainer keeps them on one side of the split.',
    'Keep one of each.',
    duplicates.exact.flatMap((group, i) => group.map((p) => ({ file: scanned.files[p]!, group: i }))),
  );
}

function nearCopies({ scanned, facts, duplicates }: Examined): Finding | undefined {
  const content = (p: number) => Buffer.from(facts.get(p).content).toString('latin1');
  const groups = duplicates.near.filter((group) => new Set(group.map(content)).size > 1);
  return finding(
    'near-duplicates',
    'information',
    `${formatCount(groups.length, 'picture that appears', 'pictures that appear')} more than once, slightly changed`,
    'Copies that were resized, saved again or slightly changed. Face Trainer keeps them on one side of the split.',
    'Keep the best of each, or leave them as they are.',
    groups.flatMap((group, i) =>
      group.map((p) => ({ file: scanned.files[p]!, detail: `${facts.widths[p]!} x ${facts.heights[p]!}`, group: i })),
    ),
  );
}

function tooSmall(examined: Examined): Finding | undefined {
  const { facts, scanned, size } = examined;
  const least = size * SMALL_SHARE;
  const small = where(
    examined,
    (p) => facts.fault(p) === 'none' && Math.min(facts.widths[p]!, facts.heights[p]!) < least,
  );
  return finding(
    'too-small',
    'warning',
    `${pictures(small)} smaller than ${least} pixels`,
    `The network sees ${size} x ${size} pixels: these are enlarged to more than twice their size.`,
    'Replace them with larger ones where you can. Otherwise they are used as they are.',
    small.map((p) => ({ file: scanned.files[p]!, detail: `${facts.widths[p]!} x ${facts.heights[p]!}` })),
  );
}

function wrongExtension(examined: Examined): Finding | undefined {
  const { facts, scanned } = examined;
  const wrong = where(examined, (p) => {
    const format = FORMATS[facts.formats[p]!]!;
    return format !== 'unknown' && !EXTENSIONS[format].test(scanned.files[p]!);
  });
  return finding(
    'wrong-extension',
    'information',
    `${pictures(wrong)} with the file extension of another format`,
    'Face Trainer goes by their contents and reads them. Other programs may not.',
    'Rename them if other programs use them.',
    wrong.map((p) => ({ file: scanned.files[p]!, detail: `is really ${FORMATS[facts.formats[p]!]!.toUpperCase()}` })),
  );
}

function animated(examined: Examined): Finding | undefined {
  const { facts, scanned } = examined;
  const moving = where(examined, (p) => facts.fault(p) === 'none' && facts.pages[p]! > 1);
  return finding(
    'animated',
    'information',
    `${pictures(moving)} with several frames or pages`,
    'Only the first one is used.',
    'Save the frames as separate pictures if you want all of them.',
    moving.map((p) => ({ file: scanned.files[p]!, detail: formatCount(facts.pages[p]!, 'frame') })),
  );
}

/** "Ann" and "ann", or "Zoë" written in two ways: two folders on one system, one on another. */
function alikeNames({ scanned }: Examined): Finding | undefined {
  const byKey = new Map<string, string[]>();
  for (const name of scanned.people) {
    const key = name.normalize('NFKC').toLowerCase();
    byKey.set(key, [...(byKey.get(key) ?? []), name]);
  }
  const groups = [...byKey.values()].filter((names) => names.length > 1);
  return finding(
    'alike-names',
    'warning',
    `${formatCount(groups.length, 'name')} in several spellings: ${formatList(groups.map((names) => names.join(' / ')))}`,
    'They differ only in case or in how accents are encoded. The network treats them as different people.',
    'If they are the same person, put the pictures into one folder.',
    groups.flatMap((names, i) => names.map((name) => ({ file: name, detail: spelling(name), group: i }))),
  );
}

function spelling(name: string): string {
  return name === name.normalize('NFC') ? 'composed' : 'decomposed';
}

/** Usable pictures by person number. */
export function countsOf({ scanned, facts }: Pick<Examined, 'scanned' | 'facts'>): Int32Array {
  const counts = new Int32Array(scanned.people.length);
  for (const picture of usablePictures(facts)) counts[scanned.owners[picture]!]!++;
  return counts;
}

/** Pictures to leave out for a clean folder: what cannot be read, further copies, and everything under two people. */
export function suggestedExclusions(findings: readonly Finding[]): string[] {
  const files = new Set<string>();
  for (const { code, files: found } of findings) {
    if (code === 'unreadable' || code === 'too-large') for (const { file } of found) files.add(file);
    if (code === 'two-people') for (const { file } of found) files.add(file);
    if (code === 'exact-duplicates')
      found.forEach(({ file, group }, i) => {
        if (i > 0 && found[i - 1]!.group === group) files.add(file);
      });
  }
  return [...files].sort();
}
