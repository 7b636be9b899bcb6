import fs from 'node:fs';
import path from 'node:path';
import { LABELS_FILE } from '../dataset/labelsFile.js';
import { CONTACT_SHEET } from '../faces/alignFaces.js';
import { JOURNAL, readJournal } from '../faces/alignJournal.js';
import { writeContactSheet } from '../faces/contactSheet.js';
import { formatCount } from '../core/format.js';
import { eraseFile, replaceErased } from '../platform/erase.js';
import { liesIn, removeEmpty } from './deletePlaces.js';
import type { Looking } from './found.js';
import type { FoundPlace } from './foundPlace.js';
import { scrubText } from './scrubJson.js';

/** Crops of Align Faces, with what stands of them in the journal, the table and the page of doubtful ones. */
export async function forgetCrops({ path: folder }: FoundPlace, { person, change, trace }: Looking): Promise<void> {
  const entries = [...readJournal(path.join(folder, JOURNAL)).values()];
  const theirs = entries.filter(({ file, crop }) => person.owns(file) || person.owns(path.join(folder, crop)));
  if (theirs.length === 0) return;
  const crops = theirs.map(({ crop }) => crop).filter((crop) => liesIn(folder, crop));
  const bytes = crops.reduce((sum, crop) => sum + fs.statSync(path.join(folder, crop)).size, 0);
  if (change) {
    for (const crop of crops) eraseFile(path.join(folder, crop));
    for (const around of new Set(crops.map((crop) => path.dirname(path.join(folder, crop))))) removeEmpty(around);
    const left = entries.filter((entry) => !theirs.includes(entry));
    replaceErased(path.join(folder, JOURNAL), left.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    withoutRows(path.join(folder, LABELS_FILE), new Set(theirs.map(({ crop }) => crop)));
    eraseFile(path.join(folder, CONTACT_SHEET));
    await writeContactSheet(path.join(folder, CONTACT_SHEET), person.roots[0]!.root, folder, left);
  }
  trace({ kind: 'aligned', path: folder, found: formatCount(crops.length, 'cropped face'), bytes });
}

/** Takes the rows of some pictures out of a table of labels, where there is one. */
export function withoutRows(table: string, files: ReadonlySet<string>): void {
  if (!fs.existsSync(table)) return;
  const rows = fs.readFileSync(table, 'utf8').split('\n');
  const left = rows.filter((row) => !files.has(firstField(row)));
  if (left.length < rows.length) replaceErased(table, left.join('\n'));
}

/** Quoted or not (RFC 4180). */
function firstField(row: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(row)?.[1];
  return quoted === undefined ? row.split(',')[0]!.trim() : quoted.replaceAll('""', '"');
}

/** Exclusion lists: the lines of their pictures go. */
export function forgetExclusions({ path: file }: FoundPlace, { person, change, trace }: Looking): void {
  const text = fs.readFileSync(file, 'utf8');
  const lines = text.split('\n');
  const left = lines.filter((line) => line.startsWith('#') || !person.owns(line.trim()));
  const scrubbed = left.map((line) => scrubText(line, person)).join('\n');
  if (scrubbed === text) return;
  if (change) replaceErased(file, scrubbed);
  const found = formatCount(lines.length - left.length, 'line');
  trace({ kind: 'exclusions', path: file, found, bytes: Buffer.byteLength(text) });
}

/** A kept check names everybody and shows some: it goes as a whole, and can be done again. */
export function forgetCheck({ path: file, bytes }: FoundPlace, { change, trace }: Looking): void {
  if (change) eraseFile(file);
  trace({ kind: 'check', path: file, found: 'the result of a check', bytes });
}
