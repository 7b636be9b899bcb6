import path from 'node:path';
import { JOURNAL } from '../faces/alignJournal.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { isOwnFile } from '../platform/regularFile.js';
import { noteWritten, type WrittenPlace } from '../platform/writtenPlaces.js';
import type { TrainerOrder } from '../protocol/jobs.js';
import { isRecognizer } from '../recognizers/recognizerFolder.js';
import { isCheckpoint } from '../runs/checkpointFacts.js';
import { RunFolder, runFolderOf } from '../runs/runFolder.js';
import { readRunRecord } from '../runs/runRecord.js';

/** Where a job writes what names or shows people. */
export function placesOf(order: TrainerOrder): WrittenPlace[] {
  switch (order.type) {
    case 'train':
      return [{ kind: 'run', path: order.runFolder, dataset: order.options.dataset }];
    case 'qat':
      return [{ kind: 'run', path: order.runFolder, ...datasetOf(order.checkpoint, order.overrides.dataset) }];
    case 'resume':
      return [{ kind: 'run', path: order.runFolder, ...datasetOfRun(order.runFolder) }];
    case 'align':
      return [{ kind: 'aligned', path: order.out, dataset: order.dataset }];
    case 'enroll':
      return [{ kind: 'recognizer', path: order.recognizer, dataset: order.dataset }];
    case 'export':
      return [{ kind: 'export', path: order.output, ...datasetOf(order.checkpoint) }];
    case 'recognize':
    case 'editRecognizer':
    case 'answer':
      return isRecognizer(order.recognizer) ? [{ kind: 'recognizer', path: order.recognizer }] : [];
    default:
      return [];
  }
}

/** Notes where a job is going to write, and closes to others what the product wrote there before. */
export function preparePlaces(order: TrainerOrder): void {
  const places = placesOf(order);
  noteWritten(places);
  const before = 'checkpoint' in order && isCheckpoint(order.checkpoint) ? [runFolderOf(order.checkpoint)] : [];
  for (const folder of [...places.map(({ path: at }) => at), ...before]) if (isOurs(folder)) makePrivateFolder(folder);
}

function isOurs(folder: string): boolean {
  return [new RunFolder(folder).record, path.join(folder, JOURNAL)].some(isOwnFile) || isRecognizer(folder);
}

function datasetOf(checkpoint: string, said?: string): { dataset?: string } {
  if (said !== undefined) return { dataset: said };
  return datasetOfRun(runFolderOf(checkpoint));
}

function datasetOfRun(runFolder: string): { dataset?: string } {
  try {
    return { dataset: readRunRecord(runFolder).options.dataset };
  } catch {
    return {};
  }
}
