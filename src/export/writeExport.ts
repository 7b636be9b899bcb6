import fs from 'node:fs';
import path from 'node:path';
import { removeIfPossible, writeFileAtomically, withDiskErrors, type DiskWords } from '../platform/files.js';
import { makeFolder } from '../platform/makeFolder.js';
import { SHARED_FILE } from '../platform/rights.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import { encodeModel } from './encoders.js';
import type { ExportSource } from './exportSource.js';
import { cardJson, cardMarkdown, type ModelCard } from './modelCard.js';

/** Files of an export, the main one first, with their sizes together. */
export interface Exported {
  readonly files: readonly string[];
  readonly bytes: number;
}

/** What a failed write of an export says. */
export function exportDisk(output: string): DiskWords {
  return {
    what: `the file “${output}”`,
    whenFull: 'Free some space and export again.',
    whenUnwritable: 'Export into a folder that can be written to.',
    code: 'output-unwritable',
  };
}

/**
 * Writes a network as a file for a runtime, or not at all. The same network gives the same bytes.
 *
 * @param output absolute path of the file
 * @throws UserError `not-quantized`, `not-integer`, `not-this-precision`, `output-unwritable` or `disk-full`
 */
export async function writeExport(source: ExportSource, options: ExportOptions, output: string): Promise<Exported> {
  const folder = path.dirname(output);
  const encoded = await encodeModel(source, options);
  const files = encoded.map(({ name }) => (name === undefined ? output : path.join(folder, name)));
  const before = leftWeights(output);
  withDiskErrors(exportDisk(output), () => {
    const isNew = !fs.existsSync(folder);
    makeFolder(folder);
    const there = files.map((file) => fs.existsSync(file));
    try {
      // Made to be given away, with the names in it.
      encoded.forEach(({ bytes }, i) => writeFileAtomically(files[i]!, bytes, SHARED_FILE));
    } catch (error) {
      files.forEach((file, i) => there[i] || removeIfPossible(file));
      if (isNew) removeEmpty(folder);
      throw error;
    }
  });
  for (const file of before) if (!files.includes(file)) fs.rmSync(file, { force: true });
  return { files: files.reverse(), bytes: encoded.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

function removeEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    // Somebody else has put something there.
  }
}

/** The model card of an exported file beside it, for people and for programs. @returns where both lie */
export function writeCards(file: string, card: ModelCard): string[] {
  const cards = [`${file}.card.md`, `${file}.card.json`];
  withDiskErrors(exportDisk(file), () => {
    writeFileAtomically(cards[0]!, cardMarkdown(card), SHARED_FILE);
    writeFileAtomically(cards[1]!, cardJson(card), SHARED_FILE);
  });
  return cards;
}

/** Files of weights that an earlier export has left for a model.json. */
export function leftWeights(topology: string): string[] {
  if (path.extname(topology) !== '.json') return [];
  const text = fs.existsSync(topology) ? fs.readFileSync(topology, 'utf8') : '';
  const names = new Set(text.match(/(?<=")weights-[0-9a-f]{12}\.bin(?=")/g));
  return [...names].map((name) => path.join(path.dirname(topology), name));
}
