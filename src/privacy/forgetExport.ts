import path from 'node:path';
import * as z from 'zod';
import { encodeModel } from '../export/encoders.js';
import type { EncodedFile } from '../export/encoder.js';
import type { ExportSource } from '../export/exportSource.js';
import { openCheckpoint } from '../inference/openCheckpoint.js';
import { eraseFile, replaceErased } from '../platform/erase.js';
import { SHARED_FILE } from '../platform/rights.js';
import { readOwnFile } from '../platform/regularFile.js';
import { exportOptions, type ExportOptions } from '../protocol/exportOptions.js';
import { isRecognizer } from '../recognizers/recognizerFolder.js';
import { headerOf } from '../recognition/galleryHeader.js';
import { recognizerOfFile } from '../recognizers/recognizersFolder.js';
import { exportFiles } from './exportFiles.js';
import { sizeOf } from './folderSize.js';
import { forgetInRecognizer } from './forgetRecognizer.js';
import { forgetText, mentions } from './forgetText.js';
import type { Looking } from './found.js';
import { NEUTRAL } from './personName.js';

const card = z.object({
  format: exportOptions.shape.format.unwrap(),
  precision: exportOptions.shape.precision.unwrap(),
  facts: z.object({ labels: z.array(z.string()), output: z.string() }),
  training: z.object({ checkpoint: z.string() }).optional(),
});
type Card = z.infer<typeof card>;
/** A million names take some 30 MB. */
const MOST_CARD_BYTES = 1 << 28;

/**
 * An exported file: its list of people gets something neutral in the place of the name, by writing the file anew from its checkpoint,
 * where that gives the very bytes that lie there. What it has learned of the person's face stays in it.
 *
 * @param runs folders of runs that its checkpoint may be in
 */
export async function forgetInExport(file: string, runs: readonly string[], looking: Looking): Promise<void> {
  const { person, change, trace, left } = looking;
  const told = cardOf(file);
  if (told?.facts.labels.some((label) => person.name.is(label))) {
    trace({ kind: 'export', path: file, found: 'the name among those of its people', bytes: sizeOf(file).bytes });
    const again = change ? await writtenAnew(file, told, runs, looking) : true;
    if (!again) left({ path: file, why: 'it holds the name, and the network that it was written from is not there' });
  }
  const recognizer = recognizerOfFile(file);
  if (isRecognizer(recognizer)) await forgetInRecognizer(recognizer, looking);
  const header = headerOf(file);
  for (const beside of exportFiles(file)) {
    if (beside === file || beside === recognizer || !mentions(beside, person)) continue;
    if (beside !== header && !beside.endsWith('.evaluation.json')) forgetText(beside, looking, 'export', SHARED_FILE);
    else {
      // Vectors of everybody by name: it is written again with the next export, or the next evaluation.
      trace({ kind: 'export', path: beside, found: 'names and vectors beside an export', bytes: sizeOf(beside).bytes });
      if (change) eraseFile(beside);
    }
  }
}

function cardOf(file: string): Card | undefined {
  try {
    return card.parse(JSON.parse(readOwnFile(`${file}.card.json`, MOST_CARD_BYTES).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** @returns false where the file cannot be written again */
async function writtenAnew(
  file: string,
  { format, precision, facts, training }: Card,
  runs: readonly string[],
  { person }: Looking,
): Promise<boolean> {
  const name = training?.checkpoint.split('/') ?? [];
  const run = runs.find((folder) => path.basename(folder) === name[0]);
  if (run === undefined || name[1] === undefined) return false;
  const part = facts.output === 'embedding' ? 'embedding' : 'classifier';
  try {
    const source = openCheckpoint(path.join(run, 'checkpoints', name[1]));
    // The record of the run may have been rewritten already.
    const labelled = (labels: readonly string[]): ExportSource => ({
      ...source,
      facts: { ...source.facts, labels: [...labels] },
    });
    const written: ExportOptions = { format, precision, part };
    const labels = facts.labels.map((label) => (person.name.is(label) ? NEUTRAL : label));
    const options = await optionsOf(labelled(facts.labels), written, file);
    // One that was killed may have written the file already, and its card not yet.
    if (!options) return (await optionsOf(labelled(labels), written, file)) !== undefined;
    for (const one of await encodeModel(labelled(labels), options))
      replaceErased(placeOf(file, one), one.bytes, SHARED_FILE);
    return true;
  } catch (error) {
    console.error(error);
    return false;
  }
}

/** The options by which the file was written, which its card does not say all of: those that give its bytes. */
async function optionsOf(
  source: ExportSource,
  options: ExportOptions,
  file: string,
): Promise<ExportOptions | undefined> {
  const borders = options.precision === 'int8' ? ([undefined, 'int8', 'float32'] as const) : [undefined];
  for (const io of borders) {
    const wish = { ...options, ...(io && { io }) };
    const encoded = await encodeModel(source, wish);
    if (encoded.every((one) => holds(placeOf(file, one), one.bytes))) return wish;
  }
  return undefined;
}

function holds(file: string, bytes: Uint8Array): boolean {
  try {
    return Buffer.compare(readOwnFile(file, bytes.length), bytes) === 0;
  } catch {
    return false;
  }
}

function placeOf(file: string, { name }: EncodedFile): string {
  return name === undefined ? file : path.join(path.dirname(file), name);
}
