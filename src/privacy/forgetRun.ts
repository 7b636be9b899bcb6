import fs from 'node:fs';
import path from 'node:path';
import { formatCount } from '../core/format.js';
import { emptyRunState, reduceAll } from '../core/runState.js';
import { eraseFile, eraseFolder, replaceErased } from '../platform/erase.js';
import { namesIn } from '../platform/namesIn.js';
import { renderReport } from '../report/report.js';
import { isRecognizer } from '../recognizers/recognizerFolder.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { RunFolder } from '../runs/runFolder.js';
import { readRunRecord } from '../runs/runRecord.js';
import { RunReader } from '../runs/runReader.js';
import { exportsIn } from './exportFiles.js';
import { sizeOf } from './folderSize.js';
import { forgetInExport } from './forgetExport.js';
import { forgetInRecognizer } from './forgetRecognizer.js';
import { forgetText, mentions } from './forgetText.js';
import type { Looking } from './found.js';
import { NEUTRAL } from './personName.js';
import type { PersonPictures } from './personPictures.js';

/** Results that hold vectors or scores of everybody: they go as a whole, and can be had again. */
const RESULTS = /^(?:evaluation|comparison)-.*\.json$/;
const TEXTS = /\.(?:json|ndjson|log|txt|md)$/;

/** Whether the network of a run was trained with the person, or with somebody who was forgotten before, as far as its record says. */
export function trainedWith(runFolder: string, person: PersonPictures): boolean {
  try {
    return readRunRecord(runFolder).data?.people.some((name) => name === NEUTRAL || person.name.is(name)) ?? false;
  } catch {
    return false;
  }
}

/**
 * Takes a person out of the folder of a run: record, log, check, lists, report, results, recognizers and exports. The run can be
 * opened as before.
 *
 * @param runs of which exported files may be
 */
export async function forgetInRun(runFolder: string, runs: readonly string[], looking: Looking): Promise<void> {
  const { person, change, trace } = looking;
  const folder = new RunFolder(runFolder);
  for (const file of exportsIn(folder.exports)) await forgetInExport(file, runs, looking);
  const report = mentions(folder.report, person);
  for (const name of namesIn(runFolder)) {
    const file = path.join(runFolder, name);
    if (!TEXTS.test(name) || !fs.lstatSync(file).isFile()) continue;
    if (!RESULTS.test(name)) forgetText(file, looking, 'run');
    else if (mentions(file, person)) {
      trace({ kind: 'run', path: file, found: 'a kept result', bytes: sizeOf(file).bytes });
      if (change) eraseFile(file);
    }
  }
  if (report) {
    trace({ kind: 'run', path: folder.report, found: 'the name in the report', bytes: sizeOf(folder.report).bytes });
    const state = reduceAll(new RunReader(runFolder).readNew(), emptyRunState());
    if (change) replaceErased(folder.report, renderReport(state));
  }
  const recognizers = path.join(runFolder, 'recognizers');
  for (const at of namesIn(recognizers).map((name) => path.join(recognizers, name)))
    if (isRecognizer(at)) await forgetInRecognizer(at, looking);
}

/** What a run keeps of the faces it was trained with, whatever its files say. */
export interface LearnedFaces {
  readonly path: string;
  readonly what: string;
  readonly bytes: number;
}

/** The networks of a run, and the files they were exported to in its folder. */
export function learnedIn(runFolder: string): LearnedFaces[] {
  const folder = new RunFolder(runFolder);
  const networks = namesIn(folder.checkpoints).map((name) => path.join(folder.checkpoints, name));
  const whole = networks.filter(isCheckpoint);
  const exported = sizeOf(folder.exports);
  return [
    ...(whole.length > 0
      ? [
          {
            path: folder.checkpoints,
            what: `${formatCount(whole.length, 'network')} trained with pictures of the person`,
            bytes: sizeOf(folder.checkpoints).bytes,
          },
        ]
      : []),
    ...(exported.files > 0
      ? [{ path: folder.exports, what: 'exported files of such networks', bytes: exported.bytes }]
      : []),
  ];
}

/** Removes networks and exported files of a run; its log and report stay. */
export function deleteLearned(runFolder: string): void {
  const folder = new RunFolder(runFolder);
  for (const name of namesIn(folder.checkpoints)) {
    const at = path.join(folder.checkpoints, name);
    // A file among them has the vectors of very many people, which they share.
    if (fs.lstatSync(at).isDirectory()) eraseFolder(at);
    else eraseFile(at);
  }
  for (const at of [folder.exports, path.join(runFolder, 'recognizers')]) if (fs.existsSync(at)) eraseFolder(at);
}
