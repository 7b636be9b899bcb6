import path from 'node:path';
import { cacheFolder } from '../platform/cacheFolder.js';
import { runningRuns } from './runningRuns.js';
import { readSummary } from './runSummary.js';
import { queuedTrainings } from './trainingQueue.js';

/** The training that this machine is at, in words: "orl, epoch 3 of 10"; undefined where none is. */
export function workAtHand(cache = cacheFolder()): string | undefined {
  const [running] = runningRuns(cache);
  if (!running) return queuedTrainings(cache).find(({ starting }) => starting)?.name;
  const summary = readSummary(running.runFolder);
  if (!summary) return path.basename(running.runFolder);
  const { dataset, epochs, plannedEpochs } = summary;
  return `${path.basename(dataset)}, epoch ${Math.min(epochs + 1, plannedEpochs)} of ${plannedEpochs}`;
}
