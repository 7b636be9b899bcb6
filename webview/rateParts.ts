import { Chart, LogarithmicScale } from 'chart.js';
import { formatLoss } from '../src/core/format.js';
import { formatRate, rateWords } from '../src/core/rateWords.js';
import type { DataPanelMessage } from '../src/protocol/dataPanel.js';
import type { RateSearch } from '../src/protocol/rateFinder.js';
import { button, element, pageHeader } from './dom.js';
import { nameOf } from './fileName.js';
import { lineChart } from './lineChart.js';
import { fade, readTheme, tooltipColours, type ChartTheme } from './theme.js';

Chart.register(LogarithmicScale);

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A search for a learning rate: what is proposed, and the curve that says why. */
export function rateParts(search: RateSearch, post: (message: DataPanelMessage) => void): HTMLElement[] {
  const { dataset, network, optimizer, batchSize, curve, proposal } = search;
  const [said, ...why] = rateWords(search);
  const train = button(proposal ? `Train with ${formatRate(proposal.rate)}…` : 'Train Model', TRAIN, () =>
    post({ type: 'train', ...(proposal && { learningRate: proposal.rate }) }),
  );
  const facts = `Learning rate for ${network}, ${optimizer}, batches of ${batchSize}: ${curve.length} steps of growing rate`;
  return [
    pageHeader([element('h1', {}, nameOf(dataset))], element('p', { class: 'subtitle' }, facts), [train]),
    element('p', { id: 'proposal' }, said),
    ...why.map((sentence) => element('p', { class: 'hint' }, sentence)),
    chartOf(search),
  ];
}

const TRAIN = { appearance: 'primary', id: 'train' } as const;

function chartOf({ curve, proposal }: RateSearch): HTMLElement {
  const theme = readTheme();
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', spoken(curve));
  const chart = lineChart<Point>(canvas);
  const point = (y: 'loss' | 'smoothed') => curve.map((at) => ({ x: at.rate, y: at[y] }));
  const line = { pointRadius: 0, borderWidth: theme.highContrast ? 3 : 2 };
  const at = proposal && curve.find(({ rate }) => rate >= proposal.rate);
  chart.data.datasets = [
    { ...line, label: 'Smoothed', data: point('smoothed'), borderColor: theme.training, order: 2 },
    {
      ...line,
      label: 'Each step',
      data: point('loss'),
      borderColor: fade(theme.training, 0.35),
      borderWidth: 1,
      order: 3,
    },
    ...(at
      ? [
          {
            ...{ label: 'Proposed', data: [{ x: proposal.rate, y: at.smoothed }], order: 1 },
            ...{ pointRadius: 7, pointStyle: 'rectRot' as const },
            ...{ borderColor: theme.validation, backgroundColor: theme.validation },
          },
        ]
      : []),
  ];
  setOptions(chart, theme);
  chart.update('none');
  const root = element(
    'figure',
    { class: 'chart' },
    element(
      'figcaption',
      {},
      element('span', { class: 'title' }, 'Loss'),
      element('span', { class: 'legend step' }, 'Each step'),
      element('span', { class: 'legend training' }, 'Smoothed'),
      ...(at ? [element('span', { class: 'legend validation' }, 'Proposed')] : []),
    ),
    element('div', { class: 'canvas' }, canvas),
  );
  root.style.setProperty('--training', theme.training);
  root.style.setProperty('--validation', theme.validation);
  return root;
}

function setOptions(chart: Chart<'line', Point[]>, theme: ChartTheme): void {
  const font = { family: theme.font, size: 11 };
  const ticks = { color: theme.dim, font, maxRotation: 0 };
  const highest = Math.max(...chart.data.datasets[0]!.data.slice(0, 20).map(({ y }) => y));
  chart.options.scales = {
    x: {
      type: 'logarithmic',
      title: { display: true, text: 'Learning rate', color: theme.dim, font },
      ticks: {
        ...ticks,
        callback: (value: number | string) => (isPower(Number(value)) ? Number(value).toExponential() : ''),
      },
      grid: { color: theme.grid, display: false },
      border: { color: theme.grid },
    },
    // What comes behind the edge would press the rest of the curve flat.
    y: {
      beginAtZero: true,
      max: 2 * highest,
      ticks: { ...ticks },
      grid: { color: theme.grid },
      border: { display: false },
    },
  };
  chart.options.plugins!.tooltip = {
    ...tooltipColours(theme),
    callbacks: {
      title: ([first]) => (first ? `Rate ${formatRate(first.parsed.x ?? 0)}` : ''),
      label: (item) => ` ${item.dataset.label ?? ''}: ${formatLoss(item.parsed.y ?? 0)}`,
    },
  };
}

/** What the picture says, for those who do not see it. */
function spoken(curve: RateSearch['curve']): string {
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last) return 'Loss by learning rate: no step was made';
  const lowest = curve.reduce((best, point) => (point.smoothed < best.smoothed ? point : best));
  return (
    `Loss by learning rate, from ${formatRate(first.rate)} to ${formatRate(last.rate)}: ` +
    `${formatLoss(first.smoothed)} at first, ${formatLoss(lowest.smoothed)} at ${formatRate(lowest.rate)}, ${formatLoss(last.smoothed)} at last`
  );
}

function isPower(rate: number): boolean {
  return Math.abs(Math.log10(rate) - Math.round(Math.log10(rate))) < 1e-6;
}
