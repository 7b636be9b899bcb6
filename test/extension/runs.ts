import fs from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../../src/protocol/runEvents.js';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';

/** A pid that no process has: the largest that Linux gives is 2 ** 22. */
export const DEAD = 2 ** 30;

/** Local time, so that the clock on a row is the same everywhere. */
export const STARTED = new Date(2026, 10, 25, 23, 48, 1);

export function runEventOf(runFolder: string, dataset: string, options: Partial<TrainingOptionsInput> = {}): RunEvent {
  return {
    type: 'run',
    runFolder,
    startedAt: STARTED.toISOString(),
    pid: DEAD,
    options: trainingOptions.parse({ dataset, ...options }),
  };
}

export function epochEvent(epoch: number, step: number, valAccuracy: number): RunEvent {
  const rest = { loss: 1, accuracy: 0.9, imagesPerSecond: 10, learningRate: 1e-3, elapsedSeconds: 1 };
  return { type: 'epoch', epoch, step, valLoss: 1, valAccuracy, ...rest };
}

/** A run's folder with a log, and a folder for each checkpoint that it names. */
export function writeRun(runFolder: string, events: readonly RunEvent[]): string {
  fs.mkdirSync(path.join(runFolder, 'checkpoints'), { recursive: true });
  fs.writeFileSync(path.join(runFolder, 'run.json'), '{}');
  fs.writeFileSync(
    path.join(runFolder, 'metrics.ndjson'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
  for (const event of events)
    if (event.type === 'checkpoint') {
      const folder = path.join(runFolder, ...event.path.split('/'));
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, 'manifest.json'), '{}');
    }
  return runFolder;
}
