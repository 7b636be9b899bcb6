import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { LABELS_FILE } from '../dataset/labelsFile.js';
import type { ScannedDataset } from '../dataset/scanDataset.js';
import { writeFileAtomically } from '../platform/files.js';
import { makeFolder } from '../platform/makeFolder.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../platform/rights.js';
import type { AlignSummary } from '../protocol/align.js';
import { isCrop, JOURNAL, readJournal, type AlignEntry } from './alignJournal.js';
import type { AlignResult } from './alignPicture.js';
import type { AlignWish } from './alignThread.js';
import { withAligners } from './aligners.js';
import { writeContactSheet } from './contactSheet.js';

export interface AlignOptions {
  /** Absolute path of the folder for the crops: absent, empty, or of an earlier run of this. */
  readonly out: string;
  /** Side of a crop in pixels. */
  readonly size: number;
  readonly threads: number;
}

export const CONTACT_SHEET = 'contact-sheet.html';

/**
 * Align Faces: finds the face of every picture and writes it, upright and of one size, into a new folder of the same
 * structure, with a contact sheet of the doubtful ones. Pictures without a face are listed, not copied. What an earlier
 * run has done is kept as long as the picture is the same, so a run that was stopped goes on where it was.
 *
 * @returns undefined when cancelled
 * @throws UserError `align-folder` or `detector-missing`
 */
export async function alignFaces(
  scanned: ScannedDataset,
  options: AlignOptions,
  onProgress: (done: number, total: number) => void,
  cancelled: () => boolean,
): Promise<AlignSummary | undefined> {
  prepareFolder(scanned.root, options.out);
  const crops = cropNames(scanned.files);
  const entries = entriesOfBefore(scanned, crops, options);
  const kept = entries.filter((entry) => entry !== undefined).length;
  let done = kept;
  let next = 0;
  const work = async (align: (wish: AlignWish) => Promise<AlignResult>) => {
    while (next < scanned.files.length && !cancelled()) {
      const i = next++;
      if (entries[i]) continue;
      const source = path.join(scanned.root, scanned.files[i]!);
      const stat = fs.statSync(source, { throwIfNoEntry: false });
      const result = await align({ source, target: path.join(options.out, crops[i]!) });
      const entry = entryOf(scanned.files[i]!, crops[i]!, options.size, stat, result);
      entries[i] = entry;
      fs.appendFileSync(path.join(options.out, JOURNAL), `${JSON.stringify(entry)}\n`, { mode: PRIVATE_FILE });
      onProgress(++done, scanned.files.length);
    }
  };
  onProgress(done, scanned.files.length);
  await withAligners(options.size, Math.min(options.threads, scanned.files.length - kept), work);
  if (cancelled()) return undefined;

  const all = entries.filter((entry) => entry !== undefined);
  if (scanned.layout === 'labels') writeLabels(scanned, all, options.out);
  await writeContactSheet(path.join(options.out, CONTACT_SHEET), scanned.root, options.out, all);
  return summaryOf(all, options.out, kept);
}

/** What the journal tells of the pictures that are still the same, cut the same way, and whose crops are still there. */
function entriesOfBefore(
  { root, files }: ScannedDataset,
  crops: readonly string[],
  { out, size }: AlignOptions,
): (AlignEntry | undefined)[] {
  const before = readJournal(path.join(out, JOURNAL));
  return files.map((file, i) => {
    const entry = before.get(file);
    const stat = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
    const same =
      entry?.bytes === stat?.size &&
      entry?.modifiedMs === stat?.mtimeMs &&
      entry?.size === size &&
      entry.crop === crops[i];
    return same && (!isCrop(entry) || fs.existsSync(path.join(out, entry.crop))) ? entry : undefined;
  });
}

function entryOf(
  file: string,
  crop: string,
  size: number,
  stat: fs.Stats | undefined,
  { outcome, reasons, score, points }: AlignResult,
): AlignEntry {
  return {
    file,
    bytes: stat?.size ?? -1,
    modifiedMs: stat?.mtimeMs ?? -1,
    size,
    crop,
    outcome,
    reasons: [...reasons],
    ...(score === undefined ? {} : { score }),
    ...(points ? { points: points.map(([x, y]): [number, number] => [round(x), round(y)]) } : {}),
  };
}

function summaryOf(all: readonly AlignEntry[], out: string, kept: number): AlignSummary {
  const count = (outcome: AlignEntry['outcome']) => all.filter((entry) => entry.outcome === outcome).length;
  return {
    out,
    contactSheet: path.join(out, CONTACT_SHEET),
    pictures: all.length,
    aligned: count('aligned'),
    doubtful: count('doubtful'),
    withoutFace: count('no-face'),
    unreadable: count('unreadable'),
    kept,
  };
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** "Anna/1.png" → "Anna/1.jpg"; with the whole name kept where two would become one. */
export function cropNames(files: readonly string[]): string[] {
  const short = files.map((file) => file.replace(/\.[^./]+$/, '.jpg'));
  const counts = new Map<string, number>();
  for (const name of short) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return short.map((name, i) => (counts.get(name.toLowerCase())! > 1 ? `${files[i]!}.jpg` : name));
}

function prepareFolder(root: string, out: string): void {
  const inside = path.relative(path.resolve(root), path.resolve(out));
  if (!inside.startsWith('..') && !path.isAbsolute(inside))
    throw new UserError(
      'align-folder',
      `The folder for the crops, “${out}”, is inside the folder of the pictures.`,
      'Choose a folder outside it: inside, the crops would be taken for pictures of another person.',
    );
  try {
    makeFolder(out, PRIVATE_FOLDER);
    fs.accessSync(out, fs.constants.W_OK);
  } catch (cause) {
    throw new UserError('align-folder', `The folder “${out}” cannot be written to.`, 'Choose another folder.', {
      cause,
    });
  }
  if (fs.readdirSync(out).length > 0 && !fs.existsSync(path.join(out, JOURNAL)))
    throw new UserError(
      'align-folder',
      `The folder “${out}” is not empty, and is not from an earlier run.`,
      'Choose a new folder: Align Faces does not overwrite other files.',
    );
  makePrivateFolder(out);
}

function writeLabels(
  { files, owners, people, sides }: ScannedDataset,
  entries: readonly AlignEntry[],
  out: string,
): void {
  const cropOf = new Map(entries.filter(isCrop).map(({ file, crop }) => [file, crop]));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const rows = files.flatMap((file, i) => {
    const crop = cropOf.get(file);
    return crop === undefined ? [] : [[crop, people[owners[i]!]!, ...(sides ? [sides[i]!] : [])].map(quoted).join(',')];
  });
  const text = [sides ? 'path,person,split' : 'path,person', ...rows, ''].join('\n');
  writeFileAtomically(path.join(out, LABELS_FILE), text);
}
