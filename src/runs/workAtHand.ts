import { cacheFolder } from '../platform/cacheFolder.js';
import { runningRuns } from './runningRuns.js';
import { readSummary } from './runSummary.js';
import { runTitle } from './runTitle.js';
import { queuedTrainings } from './trainingQueue.js';

/** The training that this machine is at, in words: "orl, epoch 3 of 10"; undefined where none is. */
export function workAtHand(cache = cacheFolder()): string | undefined {
  const [running] = runningRuns(cache);
  if (!running) return queuedTrainings(cache).find(({ starting }) => starting)?.name;
  const summary = readSummary(running.runFolder);
  const title = runTitle(running.runFolder, summary);
  if (!summary) return title;
  const { epochs, plannedEpochs } = summary;
  return `${title}, epoch ${Math.min(epochs + 1, plannedEpochs)} of ${plannedEpochs}`;
}
