import fs from 'node:fs';
import path from 'node:path';
import { leftWeights } from '../export/writeExport.js';
import { isOwnFile } from '../platform/regularFile.js';
import { headerOf } from '../recognition/galleryHeader.js';
import { recognizerOfFile } from '../recognizers/recognizersFolder.js';

/** An exported file and all that is written beside it and is there: cards, weights, recognizer, gallery, an evaluation. */
export function exportFiles(file: string): string[] {
  const beside = [
    `${file}.card.md`,
    `${file}.card.json`,
    `${file}.evaluation.json`,
    recognizerOfFile(file),
    ...(file.endsWith('.h') ? [headerOf(file)] : []),
    ...(isOwnFile(file) ? leftWeights(file) : []),
  ];
  return [file, ...beside].filter((at) => fs.existsSync(at));
}

/** The exported files in a folder, at any depth: whatever has a card. */
export function exportsIn(folder: string): string[] {
  const entries = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return entries
    .filter((name) => name.endsWith('.card.json'))
    .map((name) => path.join(folder, name.replace(/\.card\.json$/, '')))
    .filter(isOwnFile)
    .sort();
}
