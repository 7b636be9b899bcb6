import fs from 'node:fs';
import path from 'node:path';
import { bestOf } from '../../src/core/best.js';
import { reduceAll } from '../../src/core/runState.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import type { TrainingOptions } from '../../src/protocol/options.js';
import type { OwnedPicture } from '../../src/recognition/faceSetOf.js';
import { RunReader } from '../../src/runs/runReader.js';
import { StopSignal } from '../../src/training/stopSignal.js';
import { trainRun } from '../../src/training/trainRun.js';

// What the measurements of recognition share.

/** A run that came to its end. */
export interface Trained {
  readonly best: EventOf<'epoch'>;
  /** Folder of the best epoch's checkpoint. */
  readonly checkpoint: string;
  readonly dataset: EventOf<'dataset'>;
  readonly seconds: number;
}

/** Trains, keeping every checkpoint. @throws with the last line of the log where it fails */
export async function trainedIn(runFolder: string, options: TrainingOptions): Promise<Trained> {
  const job = { runFolder, options: { ...options, keepCheckpoints: 1000 }, version: 'bench' };
  if (!(await trainRun(job, () => undefined, new StopSignal())))
    throw new Error(fs.readFileSync(path.join(runFolder, 'metrics.ndjson'), 'utf8').trim().split('\n').at(-1));
  const { epochs, dataset, finished } = reduceAll(new RunReader(runFolder).readNew());
  const best = bestOf(epochs)!;
  const checkpoint = path.join(runFolder, 'checkpoints', `epoch-${String(best.epoch).padStart(4, '0')}`);
  return { best, checkpoint, dataset: dataset!, seconds: finished!.elapsedSeconds };
}

/** What a file of results holds so far, a line each. */
export function linesIn<Line>(file: string): Line[] {
  if (!fs.existsSync(file)) return [];
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line);
}

export function firstOfEach(pictures: readonly OwnedPicture[]): OwnedPicture[] {
  const seen = new Set<string>();
  return pictures.filter(({ person }) => !seen.has(person) && seen.add(person));
}
