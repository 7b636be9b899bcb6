import {
  Chart,
  Decimation,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartDataset,
} from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import { formatLoss, formatPercent } from '../src/core/format.js';
import { annotationsOf } from './annotations.js';
import type { Curves, Point, Quantity, View } from './curves.js';
import { element } from './dom.js';
import { fade, tooltipColours, type ChartTheme } from './theme.js';

Chart.register(LineController, LineElement, PointElement, LinearScale, Tooltip, Decimation, annotation);

/** One chart: training and validation of one quantity. */
export class RunChart {
  readonly root: HTMLElement;
  private readonly canvas = document.createElement('canvas');
  private readonly legendOfSteps = legendEntry('step', 'Each step');
  private readonly chart: Chart<'line', Point[]>;
  private readonly format: (y: number) => string;

  constructor(
    private readonly quantity: Quantity,
    private readonly title: string,
  ) {
    this.canvas.setAttribute('role', 'img');
    this.format = quantity === 'loss' ? formatLoss : formatPercent;
    this.root = element(
      'figure',
      { class: 'chart' },
      element(
        'figcaption',
        {},
        element('span', { class: 'title' }, title),
        this.legendOfSteps,
        legendEntry('training', 'Training'),
        legendEntry('validation', 'Validation'),
      ),
      element('div', { class: 'canvas' }, this.canvas),
    );
    this.chart = new Chart<'line', Point[]>(this.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        maintainAspectRatio: false,
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        scales: { x: { type: 'linear', beginAtZero: true }, y: { beginAtZero: true } },
        plugins: { decimation: { enabled: true, algorithm: 'lttb', samples: 800, threshold: 1600 } },
      },
    });
  }

  draw(curves: Curves, view: View, theme: ChartTheme): void {
    const lines: [string, readonly Point[], Partial<ChartDataset<'line', Point[]>>][] = [
      [
        'Each step',
        curves.steps,
        {
          borderColor: fade(theme.training, theme.highContrast ? 0.6 : 0.35),
          borderWidth: 1,
          pointRadius: 0,
          order: 3,
        },
      ],
      [
        'Training',
        curves.training,
        {
          borderColor: theme.training,
          backgroundColor: theme.training,
          borderWidth: theme.highContrast ? 3 : 2,
          pointRadius: view === 'epoch' || curves.training.length === 1 ? radius(curves.training) : 0,
          order: 2,
        },
      ],
      [
        'Validation',
        curves.validation,
        {
          borderColor: theme.validation,
          backgroundColor: theme.validation,
          borderWidth: theme.highContrast ? 3 : 2,
          borderDash: [6, 4],
          pointRadius: radius(curves.validation),
          pointStyle: 'rectRot',
          order: 1,
        },
      ],
    ];
    this.chart.data.datasets = lines
      .filter(([, points]) => points.length > 0)
      // Marks at the edge of the area are drawn whole.
      .map(([label, points, style]) => ({ label, data: [...points], clip: 8, ...style }));
    this.legendOfSteps.hidden = view === 'epoch';
    this.applyTheme(view, theme);
    // Chart.js gives its options through a proxy: a copy of one refers to itself, and the next tooltip never ends resolving it.
    this.chart.options.plugins!.annotation = {
      clip: false,
      annotations: annotationsOf(curves, this.quantity, theme),
    };
    this.chart.update('none');
    this.describe(curves);
  }

  private applyTheme(view: View, theme: ChartTheme): void {
    const font = { family: theme.font, size: 11 };
    const title = (text: string) => ({ display: true, text, color: theme.dim, font });
    const ticks = { color: theme.dim, font, maxRotation: 0 };
    const grid = { color: theme.grid };
    const percent = this.quantity === 'accuracy';
    Object.assign(this.chart.options, {
      scales: {
        x: {
          type: 'linear',
          beginAtZero: view === 'step',
          ...(view === 'epoch' && { min: 1 }),
          title: title(view === 'step' ? 'Step' : 'Epoch'),
          ticks: { ...ticks, precision: 0 },
          grid: { ...grid, display: false },
          border: { color: theme.grid },
        },
        y: {
          beginAtZero: true,
          ...(percent && { max: 1 }),
          ticks: {
            ...ticks,
            callback: (value: number | string) => (percent ? `${(Number(value) * 100).toFixed(0)} %` : value),
          },
          grid,
          border: { display: false },
        },
      },
    });
    this.chart.options.plugins!.tooltip = {
      ...tooltipColours(theme),
      callbacks: {
        title: ([first]) =>
          first ? `${view === 'step' ? 'Step' : 'Epoch'} ${first.parsed.x?.toLocaleString('en-US') ?? ''}` : '',
        label: (item) => ` ${item.dataset.label ?? ''}: ${this.format(item.parsed.y ?? 0)}`,
      },
    };
  }

  /** What the picture says, for those who do not see it; the table has every number. */
  private describe({ steps, training, validation, marks, levels }: Curves): void {
    const last = training.at(-1);
    const lastValidation = validation.at(-1);
    const words = [`${this.title}: ${steps.length || training.length} points`];
    if (last) words.push(`training ${this.format(last.y)}`);
    if (lastValidation) words.push(`validation ${this.format(lastValidation.y)}`);
    for (const { x, text } of marks) words.push(`${text} from ${Math.ceil(x)} on`);
    for (const { y, text } of levels) words.push(`${text} ${this.format(y)}`);
    this.canvas.setAttribute('aria-label', words.join(', '));
    this.canvas.dataset['points'] = String(steps.length + validation.length);
  }
}

/** Marks stop helping when they touch. */
function radius(points: readonly Point[]): number {
  return points.length > 50 ? 0 : 4;
}

/** A line of the legend; the style sheet draws it as the chart does. */
function legendEntry(kind: string, text: string): HTMLElement {
  return element('span', { class: `legend ${kind}` }, text);
}
