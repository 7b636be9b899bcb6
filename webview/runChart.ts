import { Chart, type ChartDataset } from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import { formatLoss, formatPercent } from '../src/core/format.js';
import { annotationsOf } from './annotations.js';
import type { Quantity, View } from './axis.js';
import type { Curves } from './curves.js';
import { element, setText } from './dom.js';
import { lineChart } from './lineChart.js';
import type { Point } from './series.js';
import { fade, tooltipColours, type ChartTheme } from './theme.js';

Chart.register(annotation);

type Line = ChartDataset<'line', Point[]>;

/** Points of a line that are marked each; of more the line alone is drawn. */
const MARKED = 50;

/** One chart: training and validation of one quantity. */
export class RunChart {
  readonly root: HTMLElement;
  private readonly canvas = document.createElement('canvas');
  private readonly legendOfSteps = legendEntry('step', 'Each step');
  private readonly legendOfValidation = legendEntry('validation', 'Validation');
  private readonly chart: Chart<'line', Point[]>;
  private readonly format: (y: number) => string;
  /** What the options were made of. Chart.js resolves them anew when they change, which costs more than a frame's drawing. */
  private optionsFor = '';

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
        this.legendOfValidation,
      ),
      element('div', { class: 'canvas' }, this.canvas),
    );
    this.chart = lineChart<Point>(this.canvas);
  }

  draw(curves: Curves, view: View, theme: ChartTheme): void {
    const { marks, levels } = curves;
    const key = JSON.stringify([view, theme, marks, levels]);
    if (key !== this.optionsFor) {
      this.optionsFor = key;
      this.legendOfSteps.hidden = view === 'epoch';
      this.setOptions(curves, view, theme);
    }
    setText(this.legendOfValidation, curves.validationName);
    this.setLines(linesOf(curves, view, theme));
    this.chart.update('none');
    this.describe(curves);
  }

  /** Lines that stay are changed in place: a new one would be set up anew. */
  private setLines(lines: readonly Line[]): void {
    const { datasets } = this.chart.data;
    const drawn = lines.filter(({ data }) => data.length > 0);
    this.chart.data.datasets = drawn.map((line) =>
      Object.assign(datasets.find(({ label }) => label === line.label) ?? {}, line),
    );
  }

  private setOptions(curves: Curves, view: View, theme: ChartTheme): void {
    const { options } = this.chart;
    options.scales = this.scales(view, theme);
    // Chart.js gives its options through a proxy: a copy of one refers to itself, and the next tooltip never ends resolving it.
    options.plugins!.annotation = { clip: false, annotations: annotationsOf(curves, this.quantity, theme) };
    options.plugins!.tooltip = {
      ...tooltipColours(theme),
      callbacks: {
        title: ([first]) =>
          first ? `${view === 'step' ? 'Step' : 'Epoch'} ${first.parsed.x?.toLocaleString('en-US') ?? ''}` : '',
        label: (item) => ` ${item.dataset.label ?? ''}: ${this.format(item.parsed.y ?? 0)}`,
      },
    };
  }

  private scales(view: View, theme: ChartTheme): NonNullable<typeof this.chart.options.scales> {
    const font = { family: theme.font, size: 11 };
    const ticks = { color: theme.dim, font, maxRotation: 0 };
    const percent = this.quantity === 'accuracy';
    return {
      x: {
        type: 'linear',
        beginAtZero: view === 'step',
        ...(view === 'epoch' && { min: 1 }),
        title: { display: true, text: view === 'step' ? 'Step' : 'Epoch', color: theme.dim, font },
        ticks: { ...ticks, precision: 0 },
        grid: { color: theme.grid, display: false },
        border: { color: theme.grid },
      },
      // From zero on: a loss in its true proportions, an accuracy up to 100 %.
      y: {
        beginAtZero: true,
        ...(percent && { max: 1 }),
        ticks: {
          ...ticks,
          callback: (value: number | string) => (percent ? `${(Number(value) * 100).toFixed(0)} %` : value),
        },
        grid: { color: theme.grid },
        border: { display: false },
      },
    };
  }

  /** What the picture says, for those who do not see it; the table has every number. */
  private describe({ stepCount, training, validation, validationName, marks, levels }: Curves): void {
    const last = training.at(-1);
    const lastValidation = validation.at(-1);
    const words = [`${this.title}: ${stepCount || training.length} points`];
    if (last) words.push(`training ${this.format(last.y)}`);
    if (lastValidation) words.push(`${validationName.toLowerCase()} ${this.format(lastValidation.y)}`);
    for (const { x, text } of marks) words.push(`${text} from ${Math.ceil(x)} on`);
    for (const { y, text } of levels) words.push(`${text} ${this.format(y)}`);
    this.canvas.setAttribute('aria-label', words.join(', '));
    this.canvas.dataset['points'] = String(stepCount + validation.length);
  }
}

/** What stands for the curves in the chart. Training and validation differ in dash and marks too, not in colour alone. */
function linesOf({ steps, training, validation, validationName }: Curves, view: View, theme: ChartTheme): Line[] {
  const borderWidth = theme.highContrast ? 3 : 2;
  const line = (label: string, points: readonly Point[], colour: string, style: Partial<Line>): Line => ({
    label,
    data: [...points],
    borderColor: colour,
    backgroundColor: colour,
    borderWidth,
    // Marks at the edge of the area are drawn whole.
    clip: 8,
    ...style,
  });
  return [
    line('Each step', steps, fade(theme.training, theme.highContrast ? 0.6 : 0.35), {
      borderWidth: 1,
      pointRadius: 0,
      order: 3,
    }),
    line('Training', training, theme.training, {
      pointRadius: view === 'epoch' || training.length === 1 ? radius(training) : 0,
      order: 2,
    }),
    line(validationName, validation, theme.validation, {
      borderDash: [6, 4],
      pointRadius: radius(validation),
      pointStyle: 'rectRot',
      order: 1,
    }),
  ];
}

/** Marks stop helping when they touch. */
function radius(points: readonly Point[]): number {
  return points.length > MARKED ? 0 : 4;
}

/** A line of the legend; the style sheet draws it as the chart does. */
function legendEntry(kind: string, text: string): HTMLElement {
  return element('span', { class: `legend ${kind}` }, text);
}
