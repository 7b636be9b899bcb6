import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../core/userError.js';
import { LABELS_FILE } from '../dataset/labelsFile.js';
import type { ScannedDataset } from '../dataset/scanDataset.js';
import type { AlignSummary } from '../protocol/align.js';
import type { AlignResult } from './alignPicture.js';
import type { AlignWish } from './alignThread.js';
import { inAlignThreads } from './alignThreads.js';
import { writeContactSheet } from './contactSheet.js';

export interface AlignOptions {
  /** Absolute path of the folder for the crops: absent, empty, or of an earlier run of this. */
  readonly out: string;
  /** Side of a crop in pixels. */
  readonly size: number;
  readonly threads: number;
}

/** Tells that a folder holds crops, and what became of each picture. */
export const JOURNAL = 'align.ndjson';
export const CONTACT_SHEET = 'contact-sheet.html';

const entrySchema = z.object({
  file: z.string(),
  bytes: z.number(),
  modifiedMs: z.number(),
  size: z.int(),
  /** Relative to the folder of the crops. */
  crop: z.string(),
  outcome: z.enum(['aligned', 'doubtful', 'no-face', 'unreadable']),
  reasons: z.array(z.string()),
  score: z.number().optional(),
  /** Eyes, nose and corners of the mouth, in pixels of the picture as it was looked at (no side above 1,280). */
  points: z.array(z.tuple([z.number(), z.number()])).optional(),
});
/** What became of one picture, as its line of the journal says. */
export type AlignEntry = z.infer<typeof entrySchema>;

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
  const journal = path.join(options.out, JOURNAL);
  const before = readJournal(journal);
  const crops = cropNames(scanned.files);
  const entries: (AlignEntry | undefined)[] = scanned.files.map((file, i) => {
    const entry = before.get(file);
    const stat = fs.statSync(path.join(scanned.root, file), { throwIfNoEntry: false });
    const same =
      entry?.bytes === stat?.size &&
      entry?.modifiedMs === stat?.mtimeMs &&
      entry?.size === options.size &&
      entry.crop === crops[i];
    return same && (!isCrop(entry) || fs.existsSync(path.join(options.out, entry.crop))) ? entry : undefined;
  });
  const kept = entries.filter((entry) => entry !== undefined).length;
  let done = kept;
  let next = 0;
  const work = async (align: (wish: AlignWish) => Promise<AlignResult>) => {
    while (next < scanned.files.length && !cancelled()) {
      const i = next++;
      if (entries[i]) continue;
      const file = scanned.files[i]!;
      const source = path.join(scanned.root, file);
      const stat = fs.statSync(source, { throwIfNoEntry: false });
      const { outcome, reasons, score, points }: AlignResult = await align({
        source,
        target: path.join(options.out, crops[i]!),
      });
      const entry: AlignEntry = {
        file,
        bytes: stat?.size ?? -1,
        modifiedMs: stat?.mtimeMs ?? -1,
        size: options.size,
        crop: crops[i]!,
        outcome,
        reasons: [...reasons],
        ...(score === undefined ? {} : { score }),
        ...(points ? { points: points.map(([x, y]): [number, number] => [round(x), round(y)]) } : {}),
      };
      entries[i] = entry;
      fs.appendFileSync(journal, `${JSON.stringify(entry)}\n`);
      onProgress(++done, scanned.files.length);
    }
  };
  onProgress(done, scanned.files.length);
  await inAlignThreads(options.size, Math.min(options.threads, scanned.files.length - kept), work);
  if (cancelled()) return undefined;

  const all = entries.filter((entry) => entry !== undefined);
  if (scanned.layout === 'labels') writeLabels(scanned, all, options.out);
  await writeContactSheet(path.join(options.out, CONTACT_SHEET), scanned.root, options.out, all);
  const count = (outcome: AlignEntry['outcome']) => all.filter((entry) => entry.outcome === outcome).length;
  return {
    out: options.out,
    contactSheet: path.join(options.out, CONTACT_SHEET),
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

export function isCrop({ outcome }: AlignEntry): boolean {
  return outcome === 'aligned' || outcome === 'doubtful';
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
    fs.mkdirSync(out, { recursive: true });
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
}

/** The newest line of each file; a line that a killed run has not finished does not count. */
function readJournal(file: string): Map<string, AlignEntry> {
  const entries = new Map<string, AlignEntry>();
  if (!fs.existsSync(file)) return entries;
  const text = fs.readFileSync(file, 'utf8');
  for (const line of text.split('\n')) {
    try {
      const entry = entrySchema.parse(JSON.parse(line));
      entries.set(entry.file, entry);
    } catch {
      // Cut short.
    }
  }
  if (text && !text.endsWith('\n')) fs.appendFileSync(file, '\n');
  return entries;
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
  fs.writeFileSync(path.join(out, LABELS_FILE), [sides ? 'path,person,split' : 'path,person', ...rows, ''].join('\n'));
}
