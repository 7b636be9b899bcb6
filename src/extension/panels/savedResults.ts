import { ignoreInGit } from '../../runs/runLocation.js';
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { exclusionFile } from '../../client/exclusionList.js';
import { writeFileAtomically } from '../../platform/files.js';
import { makeFolder } from '../../platform/makeFolder.js';
import { PRIVATE_FOLDER } from '../../platform/rights.js';
import { datasetReport, type DatasetReport } from '../../protocol/check.js';
import { comparison, type Comparison } from '../../protocol/comparison.js';
import { evaluation } from '../../protocol/evaluation.js';

import { isRecognizer, recognizerStamp } from '../../recognizers/recognizerFolder.js';
import { isCheckpointFolder } from '../isCheckpointFolder.js';
import type { Editor } from '../editor.js';
import { runsFolderFor } from '../runsFolders.js';

// Results that took minutes, kept so that their panels come back after a reload of the window.

/** Beyond it a file is not one of these, bytes: a check of 10,000 people with all its thumbnails takes 3 MB. */
const LARGEST = 64 * 2 ** 20;

export function saveCheck(editor: Editor, report: DatasetReport): void {
  save(editor, checkFile(editor, report.dataset), report);
}

/** @returns undefined where there is none, or one that is damaged */
export function savedCheck(editor: Editor, dataset: string): DatasetReport | undefined {
  return read(checkFile(editor, dataset), datasetReport);
}

export function saveComparison(editor: Editor, checkpoint: string, result: Comparison): void {
  save(editor, comparisonFile(checkpoint), result);
}

/** @returns undefined where there is none, or one that is damaged */
export function savedComparison(checkpoint: string): Comparison | undefined {
  return read(comparisonFile(checkpoint), comparison);
}

const evaluated = z.object({
  evaluation,
  network: z.string(),
  probes: z.string().optional(),
  strangers: z.string().optional(),
  /** Of the recognizer then: of one that has changed, the evaluation says nothing any more. */
  stamp: z.string().optional(),
});
interface EvaluationOf {
  readonly target: string;
  readonly probes?: string | undefined;
  readonly strangers?: string | undefined;
}

export function saveEvaluation(
  editor: Editor,
  { target, probes, strangers }: EvaluationOf,
  result: Pick<z.infer<typeof evaluated>, 'evaluation' | 'network'>,
): void {
  save(editor, evaluationFile(target), { ...result, probes, strangers, stamp: recognizerStamp(target) });
}

/** @returns undefined where there is none, one with other strangers, or of a recognizer that has changed since */
export function savedEvaluation({ target, probes, strangers }: EvaluationOf): z.infer<typeof evaluated> | undefined {
  const saved = read(evaluationFile(target), evaluated);
  // Of a network one with the pictures of a folder is another one than that with those that were held out.
  if (!isRecognizer(target) && probes === undefined && saved?.probes !== undefined) return undefined;
  const same =
    [probes ?? saved?.probes, strangers ?? saved?.strangers].join('\n') ===
    [saved?.probes, saved?.strangers].join('\n');
  return same && saved?.stamp === recognizerStamp(target) ? saved : undefined;
}

/** In the recognizer, in the run's folder, or beside the exported file. */
function evaluationFile(target: string): string {
  if (isRecognizer(target)) return path.join(target, 'evaluation.json');
  const name = path.basename(target);
  return isCheckpointFolder(target)
    ? path.resolve(target, '..', '..', `evaluation-${name}.json`)
    : `${target}.evaluation.json`;
}

/** Next to the runs, beside the exclusion lists: a check belongs to no run. */
function checkFile(editor: Editor, dataset: string): string {
  const list = exclusionFile(runsFolderFor(editor, dataset), dataset);
  return path.join(path.dirname(path.dirname(list)), 'checks', `${path.basename(list, '.txt')}.json`);
}

/** In the run's folder. */
function comparisonFile(checkpoint: string): string {
  return path.resolve(checkpoint, '..', '..', `comparison-${path.basename(checkpoint)}.json`);
}

/** A disk that is full costs the way back after a reload, never the result on the screen. */
function save(editor: Editor, file: string, result: object): void {
  try {
    ignoreInGit(path.dirname(path.dirname(file)));
    makeFolder(path.dirname(file), PRIVATE_FOLDER);
    writeFileAtomically(file, `${JSON.stringify(result)}\n`);
  } catch (error) {
    editor.log.warn(`${file} could not be written: ${String(error)}`);
  }
}

function read<T>(file: string, schema: z.ZodType<T>): T | undefined {
  try {
    const facts = fs.statSync(file);
    if (!facts.isFile() || facts.size > LARGEST) return undefined;
    return schema.safeParse(JSON.parse(fs.readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
