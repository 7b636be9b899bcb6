import type { EventOf, Metric } from '../protocol/runEvents.js';
import { formatDuration, formatLoss, formatPercent } from './format.js';
import { METRIC_WORDS } from './metricWords.js';

type EpochColumn = readonly [name: string, value: (epoch: EventOf<'epoch'>) => string];

/** The columns of the table by epoch, in the panel as in the report. */
export function epochColumns(metric: Metric): readonly EpochColumn[] {
  return [
    ['Epoch', (e) => String(e.epoch)],
    ['Step', (e) => e.step.toLocaleString('en-US')],
    ['Loss', (e) => formatLoss(e.loss)],
    ['Accuracy', (e) => formatPercent(e.accuracy)],
    ['Val. loss', (e) => formatLoss(e.valLoss)],
    [METRIC_WORDS[metric].column, (e) => formatPercent(e.valAccuracy)],
    ['Images/s', (e) => e.imagesPerSecond.toFixed(1)],
    ['Elapsed', (e) => formatDuration(e.elapsedSeconds)],
  ];
}
