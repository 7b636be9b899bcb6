import type { EventOf, Metric } from '../protocol/runEvents.js';
import { formatDuration, formatLoss, formatPercent } from './format.js';
import { METRIC_WORDS } from './metricWords.js';

type EpochColumn = readonly [name: string, value: (epoch: EventOf<'epoch'>) => string];

/** At the threshold of the epoch: people left out who are named, and pictures of known people that are not recognized. */
const STRANGERS: readonly EpochColumn[] = [
  ['Strangers named', ({ strangers }) => (strangers ? `${strangers.named} of ${strangers.people}` : '–')],
  ['Not recognized', ({ strangers }) => (strangers ? formatPercent(strangers.missed) : '–')],
  ['… damaged', ({ strangers }) => (strangers ? formatPercent(strangers.damagedMissed) : '–')],
];

/** Of pairs of pictures of people left out. */
const DISTILLED: readonly EpochColumn[] = [
  ['Pairs right', ({ distilled }) => (distilled?.pairs ? formatPercent(distilled.pairs.student) : '–')],
  ['… teacher', ({ distilled }) => (distilled?.pairs ? formatPercent(distilled.pairs.teacher) : '–')],
];

/**
 * The columns of the table by epoch, in the panel as in the report.
 *
 * @param withStrangers whether the run measures them
 */
export function epochColumns(metric: Metric, withStrangers = false): readonly EpochColumn[] {
  return [
    ['Epoch', (e) => String(e.epoch)],
    ['Step', (e) => e.step.toLocaleString('en-US')],
    ['Loss', (e) => formatLoss(e.loss)],
    ['Accuracy', (e) => formatPercent(e.accuracy)],
    ['Val. loss', (e) => formatLoss(e.valLoss)],
    [METRIC_WORDS[metric].column, (e) => formatPercent(e.valAccuracy)],
    ...(withStrangers ? STRANGERS : []),
    ...(metric === 'cosine' ? DISTILLED : []),
    ['Images/s', (e) => e.imagesPerSecond.toFixed(1)],
    ['Elapsed', (e) => formatDuration(e.elapsedSeconds)],
  ];
}
