import type { EventOf } from '../protocol/runEvents.js';
import { formatDuration, formatLoss, formatPercent } from './format.js';

/** The columns of the table by epoch, in the panel as in the report. */
export const EPOCH_COLUMNS: readonly (readonly [name: string, value: (epoch: EventOf<'epoch'>) => string])[] = [
  ['Epoch', (e) => String(e.epoch)],
  ['Step', (e) => e.step.toLocaleString('en-US')],
  ['Loss', (e) => formatLoss(e.loss)],
  ['Accuracy', (e) => formatPercent(e.accuracy)],
  ['Val. loss', (e) => formatLoss(e.valLoss)],
  ['Val. accuracy', (e) => formatPercent(e.valAccuracy)],
  ['Images/s', (e) => e.imagesPerSecond.toFixed(1)],
  ['Elapsed', (e) => formatDuration(e.elapsedSeconds)],
];
