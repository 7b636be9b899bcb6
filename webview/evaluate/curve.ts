import { Chart, LogarithmicScale, type ChartDataset } from 'chart.js';
import { claimAt } from '../../src/evaluation/sentence.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import { element, setText } from '../dom.js';
import { lineChart } from '../lineChart.js';
import { readTheme, tooltipColours, type ChartTheme } from '../theme.js';

Chart.register(LogarithmicScale);

interface Point {
  readonly x: number;
  readonly y: number;
  readonly threshold: number;
}
type Line = ChartDataset<'line', Point[]>;

/** What a curve is of, in the words of its axes. */
interface Curve {
  readonly name: string;
  readonly x: string;
  readonly y: string;
  readonly points: readonly Point[];
  /** Where no case at all is drawn, as a logarithmic axis has no zero: half of the smallest share that the evidence can show. */
  readonly none: { readonly x: number; readonly y: number };
  readonly said: (point: Pick<Point, 'x' | 'y'>) => string;
  /** The point of any threshold, where the curve itself has only some; absent: its nearest. */
  readonly at?: (threshold: number) => Point;
}

/** What a stricter threshold costs: strangers against known people, or pairs of different people against pairs of the same. */
export class ErrorCurve {
  readonly root: HTMLElement;
  private readonly canvas = document.createElement('canvas');
  private readonly choice = element('div', { class: 'choice', role: 'group', 'aria-label': 'Curve' });
  private readonly hint = element('p', { class: 'hint' });
  private readonly chart: Chart<'line', Point[]>;
  private curves: readonly Curve[] = [];
  private shown = 0;
  private threshold = 0;
  private drawnFor = '';

  constructor() {
    this.canvas.setAttribute('role', 'img');
    this.root = element(
      'figure',
      { class: 'chart' },
      element('figcaption', {}, element('span', { class: 'title' }, 'What a stricter line costs'), this.choice),
      element('div', { class: 'canvas traded' }, this.canvas),
      this.hint,
    );
    this.chart = lineChart<Point>(this.canvas);
  }

  show(evaluation: Evaluation): void {
    this.curves = curvesOf(evaluation);
    this.root.hidden = this.curves.length === 0;
    this.shown = Math.min(this.shown, Math.max(0, this.curves.length - 1));
    const buttons = this.curves.map(({ name }, i) => {
      const made = element('button', { type: 'button', 'aria-pressed': String(i === this.shown) }, name);
      made.addEventListener('click', () => {
        this.shown = i;
        buttons.forEach((other, k) => other.setAttribute('aria-pressed', String(k === i)));
        this.drawnFor = '';
        this.draw();
      });
      return made;
    });
    this.choice.replaceChildren(...(buttons.length > 1 ? buttons : []));
    this.drawnFor = '';
  }

  set(threshold: number): void {
    this.threshold = threshold;
  }

  draw(theme: ChartTheme = readTheme()): void {
    const curve = this.curves[this.shown];
    if (!curve) return;
    const key = JSON.stringify([theme, this.shown, curve.points.length]);
    if (key !== this.drawnFor) {
      this.drawnFor = key;
      this.setOptions(curve, theme);
    }
    const here = curve.at?.(this.threshold) ?? nearest(curve.points, this.threshold);
    this.chart.data.datasets = linesOf(curve, here, theme);
    this.chart.update('none');
    setText(this.hint, here ? `At ${this.threshold.toFixed(3)}: ${curve.said(here)}.` : '');
    this.canvas.setAttribute('aria-label', `${curve.name}: ${curve.y} over ${curve.x}. ${this.hint.textContent}`);
  }

  private setOptions(curve: Curve, theme: ChartTheme): void {
    const { options } = this.chart;
    const font = { family: theme.font, size: 11 };
    const ticks = { color: theme.dim, font, maxRotation: 0 };
    const title = (text: string) => ({ display: true, text, color: theme.dim, font });
    const axis = (text: string, none: number, grid: boolean) => ({
      type: 'logarithmic' as const,
      min: none,
      max: 1,
      title: title(text),
      afterBuildTicks: (scale: { ticks: { value: number }[] }) => {
        scale.ticks = ticksOf(none);
      },
      ticks: {
        ...ticks,
        callback: (value: number | string) => (Number(value) === none ? 'none' : oneIn(Number(value))),
      },
      grid: { color: theme.grid, display: grid },
      border: { color: theme.grid, display: !grid },
    });
    options.scales = { x: axis(curve.x, curve.none.x, false), y: axis(curve.y, curve.none.y, true) };
    options.plugins!.tooltip = {
      ...tooltipColours(theme),
      displayColors: false,
      callbacks: {
        title: ([first]) => (first ? `Threshold ${(first.raw as Point).threshold.toFixed(3)}` : ''),
        // Below each other: one line of both would cover the curve.
        label: ({ raw }) => curve.said(raw as Point).split(', '),
      },
    };
  }
}

function curvesOf({ openSet, verification, evidence }: Evaluation): Curve[] {
  const curves: Curve[] = [];
  if (openSet) {
    const { threshold, fnir, fpir } = openSet.curve;
    const none = { x: half(openSet.ofStrangers), y: half(openSet.ofPictures) };
    curves.push({
      name: 'Strangers',
      x: 'Strangers named',
      y: 'Own pictures not recognized',
      none,
      points: pointsOf(threshold, fpir, fnir, none),
      at: (wanted) => {
        const { named, tried, missed, pictures } = claimAt(evidence, wanted);
        const [x, y] = [Math.max(none.x, named / tried), Math.max(none.y, missed / pictures)];
        return { x, y, threshold: wanted };
      },
      said: ({ x, y }) =>
        `${manyOf(x, none.x)} of ${openSet.ofStrangers.toLocaleString('en-US')} strangers named, ${manyOf(y, none.y)} of ${openSet.ofPictures.toLocaleString('en-US')} own pictures not recognized`,
    });
  }
  if (verification) {
    const { far, tar, threshold } = verification.roc;
    const none = { x: half(verification.different), y: half(verification.same) };
    const missed = tar.map((share) => 1 - share);
    curves.push({
      name: 'Pairs',
      x: 'Pairs of different people taken for one (FAR)',
      y: 'Pairs of one person not found (1 − TAR)',
      none,
      points: pointsOf(threshold, far, missed, none),
      said: ({ x, y }) =>
        `${manyOf(x, none.x)} of ${verification.different.toLocaleString('en-US')} pairs of different people taken for one, ${manyOf(y, none.y)} of ${verification.same.toLocaleString('en-US')} pairs of one person not found`,
    });
  }
  return curves;
}

function pointsOf(
  thresholds: readonly number[],
  x: readonly number[],
  y: readonly number[],
  none: Curve['none'],
): Point[] {
  const points = thresholds.map((threshold, i) => ({
    x: Math.max(none.x, x[i]!),
    y: Math.max(none.y, y[i]!),
    threshold,
  }));
  return points.sort((a, b) => a.x - b.x || b.y - a.y);
}

function half(of: number): number {
  return 0.5 / Math.max(1, of);
}

/** A share as the count that it was. */
function manyOf(share: number, none: number): string {
  return share <= none ? 'none' : Math.max(1, Math.round((0.5 * share) / none)).toLocaleString('en-US');
}

/** None, and the powers of ten that keep a distance to it. */
function ticksOf(none: number): { value: number }[] {
  const powers = Array.from({ length: 7 }, (_, i) => 10 ** -i).filter((value) => value > 2.5 * none);
  return [...powers, none].reverse().map((value) => ({ value }));
}

function linesOf({ points }: Curve, here: Point | undefined, theme: ChartTheme): Line[] {
  const line: Line = {
    data: [...points],
    borderColor: theme.training,
    backgroundColor: theme.training,
    borderWidth: theme.highContrast ? 3 : 2,
    pointRadius: 0,
    order: 2,
  };
  const place: Line = {
    data: here ? [here] : [],
    borderColor: theme.foreground,
    backgroundColor: theme.background,
    borderWidth: 2,
    pointRadius: 6,
    pointHoverRadius: 6,
    pointBorderWidth: 3,
    clip: 10,
    order: 1,
  };
  return [line, place];
}

/** "1 in 100" for powers of ten, nothing between. */
function oneIn(share: number): string {
  const power = Math.log10(share);
  if (Math.abs(power - Math.round(power)) > 1e-9) return '';
  return share === 1 ? 'all' : `1 in ${Math.round(1 / share).toLocaleString('en-US')}`;
}

function nearest(points: readonly Point[], threshold: number): Point | undefined {
  let best: Point | undefined;
  for (const point of points)
    if (!best || Math.abs(point.threshold - threshold) < Math.abs(best.threshold - threshold)) best = point;
  return best;
}
