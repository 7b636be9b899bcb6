import { Chart, LogarithmicScale, type ChartDataset } from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import { formatLoss, formatPercent } from '../src/core/format.js';
import { annotationsOf, BY_HEART } from './annotations.js';
import type { Quantity, Range, Shown } from './axis.js';
import { ChartCursor, type Area } from './chartCursor.js';
import type { ChartPlace } from './chartPointer.js';
import type { DrawnChart } from './chartSvg.js';
import type { Curves } from './curves.js';
import { element, setText } from './dom.js';
import { lineChart } from './lineChart.js';
import type { ReadingWords } from './reading.js';
import type { Point } from './series.js';
import { fade, type ChartTheme } from './theme.js';

Chart.register(annotation, LogarithmicScale);

type Line = ChartDataset<'line', Point[]>;

/** Points of a line that are marked each; of more the line alone is drawn. */
const MARKED = 50;
/** A mark is read from so near, pixels. */
const NEAR = 8;

/** One chart: training and validation of one quantity. */
export class RunChart implements ChartPlace {
  readonly root: HTMLElement;
  /** Takes the focus and the pointer. */
  readonly frame: HTMLElement;
  private readonly canvas = document.createElement('canvas');
  private readonly legendOfSteps = legendEntry('step', 'Each step');
  private readonly legendOfValidation = legendEntry('validation', 'Validation');
  private readonly chart: Chart<'line', Point[]>;
  private readonly cursor: ChartCursor;
  private readonly format: (y: number) => string;
  private last: Pick<DrawnChart, 'curves' | 'shown'> | undefined;
  /** What the options were made of. Chart.js resolves them anew when they change, which costs more than a frame's drawing. */
  private optionsFor = '';

  constructor(
    private readonly quantity: Quantity,
    private readonly title: string,
  ) {
    this.canvas.setAttribute('role', 'img');
    this.format = quantity === 'loss' ? formatLoss : formatPercent;
    this.frame = element(
      'div',
      { class: 'canvas tools', tabindex: '0', role: 'application', 'aria-label': `Chart of the ${quantity}` },
      this.canvas,
    );
    this.frame.setAttribute('aria-keyshortcuts', 'ArrowLeft ArrowRight + - 0 L B E');
    this.cursor = new ChartCursor(this.frame, quantity === 'accuracy');
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
      this.frame,
    );
    // What is below the pointer is read by the page itself, exactly and in both charts: Chart.js knows the drawn points alone.
    this.chart = lineChart<Point>(this.canvas, { events: [], plugins: { tooltip: { enabled: false } } });
  }

  draw(curves: Curves, shown: Shown, theme: ChartTheme): void {
    const { marks, levels, best, byHeart } = curves;
    const key = JSON.stringify([shown, theme, marks, levels, best, byHeart]);
    this.last = { curves, shown };
    if (key !== this.optionsFor) {
      this.optionsFor = key;
      this.legendOfSteps.hidden = shown.view === 'epoch' || shown.smoothing === 0;
      this.setOptions(curves, shown, theme);
    }
    setText(this.legendOfValidation, curves.validationName);
    this.setLines(linesOf(positive(curves, this.isLogarithmic(shown)), shown, theme));
    this.chart.update('none');
    this.describe(curves);
  }

  /** As it was drawn last; undefined before. */
  get drawn(): DrawnChart | undefined {
    const { chart, last, quantity, title } = this;
    return last && { chart, quantity, title, ...last };
  }

  /** Reads a place: undefined for none. */
  read(x: number | undefined, words: ReadingWords | undefined): void {
    const scale = this.chart.scales['x'];
    if (x === undefined || !words || !scale) this.cursor.hide();
    else {
      const pixel = scale.getPixelForValue(x);
      const near = (this.last?.curves.marks ?? []).filter(
        (mark) => Math.abs(scale.getPixelForValue(mark.x) - pixel) < NEAR,
      );
      this.cursor.show(
        pixel,
        this.area,
        words,
        near.map(({ meaning }) => meaning),
      );
    }
  }

  choose(between: readonly [number, number] | undefined): void {
    this.cursor.choose(between, this.area);
  }

  get area(): Area {
    return this.chart.chartArea;
  }

  get shown(): Range {
    const { min, max } = this.chart.scales['x'] ?? { min: 0, max: 1 };
    return { from: min, to: max };
  }

  valueAt(pixel: number): number {
    return this.chart.scales['x']?.getValueForPixel(pixel) ?? 0;
  }

  /** Lines that stay are changed in place: a new one would be set up anew. */
  private setLines(lines: readonly Line[]): void {
    const { datasets } = this.chart.data;
    const drawn = lines.filter(({ data }) => data.length > 0);
    this.chart.data.datasets = drawn.map((line) =>
      Object.assign(datasets.find(({ label }) => label === line.label) ?? {}, line),
    );
  }

  private isLogarithmic({ log }: Shown): boolean {
    return log && this.quantity === 'loss';
  }

  private setOptions(curves: Curves, shown: Shown, theme: ChartTheme): void {
    const { options } = this.chart;
    options.scales = this.scales(shown, theme);
    // Chart.js gives its options through a proxy: a copy of one refers to itself, and resolving it never ends.
    options.plugins!.annotation = {
      clip: false,
      annotations: annotationsOf(curves, this.quantity, shown, theme),
    };
  }

  private scales(shown: Shown, theme: ChartTheme): NonNullable<typeof this.chart.options.scales> {
    const { view, range } = shown;
    const font = { family: theme.font, size: 11 };
    const ticks = { color: theme.dim, font, maxRotation: 0 };
    const percent = this.quantity === 'accuracy';
    const grid = { color: theme.grid };
    return {
      x: {
        type: 'linear',
        ...(range ? { min: range.from, max: range.to } : view === 'step' ? { beginAtZero: true } : { min: 1 }),
        title: { display: true, text: view === 'step' ? 'Step' : 'Epoch', color: theme.dim, font },
        // A zoomed axis begins and ends anywhere: its ends have no number.
        ticks: { ...ticks, precision: 0, includeBounds: !range },
        grid: { ...grid, display: false },
        border: { color: theme.grid },
      },
      y: this.isLogarithmic(shown)
        ? { type: 'logarithmic', ticks: { ...ticks, callback: logTick }, grid, border: { display: false } }
        : {
            type: 'linear',
            // From zero on: a loss in its true proportions, an accuracy up to 100 %.
            beginAtZero: true,
            ...(percent && { max: 1 }),
            ticks: {
              ...ticks,
              callback: (value: number | string) =>
                percent ? `${(Number(value) * 100).toFixed(0)} %` : String(Number(Number(value).toPrecision(6))),
            },
            grid,
            border: { display: false },
          },
    };
  }

  /** What the picture says, for those who do not see it; the table has every number. */
  private describe({ stepCount, training, validation, validationName, marks, levels, byHeart }: Curves): void {
    const last = training.at(-1);
    const lastValidation = validation.at(-1);
    const words = [`${this.title}: ${stepCount || training.length} points`];
    if (last) words.push(`training ${this.format(last.y)}`);
    if (lastValidation) words.push(`${validationName.toLowerCase()} ${this.format(lastValidation.y)}`);
    for (const { x, text } of marks) words.push(`${text} from ${Math.ceil(x)} on`);
    for (const { y, text } of levels) words.push(`${text} ${this.format(y)}`);
    if (byHeart !== undefined) words.push(`${BY_HEART} (${byHeart.toLocaleString('en-US')})`);
    this.canvas.setAttribute('aria-label', words.join(', '));
    this.canvas.dataset['points'] = String(stepCount + validation.length);
  }
}

/** The fewer numbers of a decade, the more decades there are. */
function logTick(value: number | string, _: number, ticks: readonly { readonly value: number }[]): string {
  const decades = Math.log10((ticks.at(-1)?.value ?? 1) / (ticks[0]?.value ?? 1));
  const numbered = decades > 4 ? [1] : decades > 1.5 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 3, 5, 7];
  const y = Number(value);
  const significand = y / 10 ** Math.floor(Math.log10(y) + 1e-9);
  return numbered.some((one) => Math.abs(one - significand) < 1e-6) ? String(Number(y.toPrecision(2))) : '';
}

/** A logarithmic axis has no place for nothing. */
function positive(curves: Curves, log: boolean): Curves {
  if (!log) return curves;
  const above = (points: readonly Point[]) => points.filter(({ y }) => y > 0);
  const { steps, training, validation } = curves;
  return { ...curves, steps: above(steps), training: above(training), validation: above(validation) };
}

/** What stands for the curves in the chart. Training and validation differ in dash and marks too, not in colour alone. */
function linesOf({ steps, training, validation, validationName }: Curves, shown: Shown, theme: ChartTheme): Line[] {
  const { view, range } = shown;
  const borderWidth = theme.highContrast ? 3 : 2;
  const line = (label: string, points: readonly Point[], colour: string, style: Partial<Line>): Line => ({
    label,
    data: [...points],
    borderColor: colour,
    backgroundColor: colour,
    borderWidth,
    // Marks at the edge of the area are drawn whole; where only a part is shown, lines end at its sides.
    clip: range ? { left: 0, right: 0, top: 8, bottom: 8 } : 8,
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
