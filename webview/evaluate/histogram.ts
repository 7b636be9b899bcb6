import {
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type ChartDataset,
  type Plugin,
} from 'chart.js';
import { formatCount } from '../../src/core/format.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import { element } from '../dom.js';
import { fade, readTheme, type ChartTheme } from '../theme.js';
import { ThresholdSlider } from './thresholdSlider.js';

Chart.register(Filler, LineController, LineElement, LinearScale, LogarithmicScale, PointElement);

type Histogram = Evaluation['histogram'];
interface Point {
  readonly x: number;
  readonly y: number;
}
type Area = ChartDataset<'line', Point[]>;

/** How the three groups are told apart: by colour, by dash, and which side of the line is a mistake. */
const GROUPS = [
  { key: 'samePerson', name: 'Same person', colour: 'training', dash: [], wrong: 'below' },
  { key: 'otherPeople', name: 'Other people', colour: 'dim', dash: [2, 3], wrong: 'never' },
  { key: 'strangers', name: 'Strangers', colour: 'validation', dash: [7, 4], wrong: 'above' },
] as const;
type Group = (typeof GROUPS)[number];

/**
 * How alike pictures are to their own person, to other people, and strangers to whom they are most like; over it the threshold.
 * Each group in percent of itself: there are a hundred times as many pairs of different people as of the same.
 */
export class SimilarityHistogram {
  readonly root: HTMLElement;
  private readonly canvas = document.createElement('canvas');
  private readonly slider: ThresholdSlider;
  private readonly chart: Chart<'line', Point[]>;
  private readonly inForce = element('div', { class: 'inForce', 'aria-hidden': 'true' });
  private histogram: Histogram | undefined;
  private threshold = 0;
  private standing: number | undefined;
  private theme: ChartTheme | undefined;

  constructor(moved: (threshold: number) => void, spoken: (threshold: number) => string) {
    this.slider = new ThresholdSlider(moved, spoken);
    this.canvas.setAttribute('role', 'img');
    const area = element('div', { class: 'canvas similarities' }, this.canvas, this.inForce, this.slider.root);
    // A press anywhere on the chart brings the line there.
    this.canvas.addEventListener('pointerdown', (event) => this.slider.press(event));
    this.root = element(
      'figure',
      { class: 'chart' },
      element(
        'figcaption',
        {},
        element('span', { class: 'title' }, 'How alike'),
        ...GROUPS.map(({ key, name }) => element('span', { class: `legend ${key}` }, name)),
      ),
      area,
      element(
        'p',
        { class: 'hint' },
        'Drag the line, or move it with the arrow keys: what is filled strongly are mistakes. Heights are shares of each group, drawn as their square root, so that few pictures are seen too.',
      ),
    );
    this.chart = new Chart<'line', Point[]>(this.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: { animation: false, parsing: false, normalized: true, maintainAspectRatio: false, events: [] },
      plugins: [this.follower()],
    });
  }

  show(histogram: Histogram): void {
    this.histogram = trimmed(histogram);
    const words = GROUPS.flatMap(({ key, name }) => {
      const counts = histogram[key];
      const total = sum(counts);
      return total === 0
        ? []
        : [
            `${name}: ${formatCount(total, 'similarity', 'similarities')}, half of them below ${median(histogram, counts).toFixed(2)}`,
          ];
    });
    this.canvas.setAttribute('aria-label', `Histogram of similarities. ${words.join('; ')}.`);
    this.theme = undefined;
  }

  /** @param standing the threshold that answers are given by now, where there is one */
  set(threshold: number, standing: number | undefined): void {
    this.threshold = threshold;
    this.standing = standing;
    this.slider.set(threshold);
  }

  /** @param theme read anew where the editor's may have changed */
  draw(theme: ChartTheme = readTheme()): void {
    const { histogram, chart } = this;
    if (!histogram) return;
    if (JSON.stringify(theme) !== JSON.stringify(this.theme)) {
      this.theme = theme;
      for (const { key, colour } of GROUPS) this.root.style.setProperty(`--${key}`, theme[colour]);
      chart.options.scales = scalesOf(histogram, theme);
    }
    chart.data.datasets = GROUPS.filter(({ key }) => sum(histogram[key]) > 0).map((group) =>
      this.area(histogram, group, theme),
    );
    chart.update('none');
  }

  private area(histogram: Histogram, group: Group, theme: ChartTheme): Area {
    const colour = theme[group.colour];
    const { threshold } = this;
    const faint = fade(colour, 0.18);
    const strong = fade(colour, theme.highContrast ? 1 : 0.75);
    const isWrong = (x: number) =>
      group.wrong === 'below' ? x < threshold : group.wrong === 'above' && x >= threshold;
    return {
      label: group.name,
      data: outline(histogram, histogram[group.key], threshold),
      borderColor: colour,
      borderWidth: theme.highContrast ? 3 : 1.5,
      borderDash: [...group.dash],
      pointRadius: 0,
      fill: 'origin',
      backgroundColor: faint,
      segment: {
        backgroundColor: ({ p0, p1 }) => (isWrong(((p0.parsed.x ?? 0) + (p1.parsed.x ?? 0)) / 2) ? strong : faint),
      },
    };
  }

  /** Keeps the line where the axis has it, whenever the chart is laid out. */
  private follower(): Plugin<'line'> {
    return {
      id: 'threshold',
      afterLayout: ({ chartArea, scales: { x } }) => {
        const { histogram } = this;
        if (!histogram || !x) return;
        this.slider.place({
          from: histogram.from,
          to: histogram.to,
          pixelOf: (value) => x.getPixelForValue(value),
          valueAt: (pixel) => x.getValueForPixel(pixel) ?? histogram.from,
          top: chartArea.top,
          bottom: chartArea.bottom,
        });
        const away = this.standing !== undefined && Math.abs(this.standing - this.threshold) > 5e-4;
        this.inForce.hidden = !away;
        if (!away) return;
        this.inForce.style.left = `${x.getPixelForValue(this.standing!)}px`;
        this.inForce.style.top = `${chartArea.top}px`;
        this.inForce.style.height = `${chartArea.bottom - chartArea.top}px`;
      },
    };
  }
}

function scalesOf({ from, to }: Histogram, theme: ChartTheme) {
  const font = { family: theme.font, size: 11 };
  const ticks = { color: theme.dim, font, maxRotation: 0 };
  return {
    x: {
      type: 'linear' as const,
      min: from,
      max: to,
      title: { display: true, text: 'Similarity (cosine)', color: theme.dim, font },
      ticks,
      grid: { display: false },
      border: { color: theme.grid },
    },
    y: {
      type: 'linear' as const,
      beginAtZero: true,
      ticks: { ...ticks, maxTicksLimit: 5, callback: (value: number | string) => percent(Number(value) ** 2) },
      grid: { color: theme.grid },
      border: { display: false },
    },
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
}

/** The bins as one line along their tops, cut at the threshold. Heights are the square roots of shares. */
export function outline({ from, to }: Histogram, counts: readonly number[], threshold: number): Point[] {
  const total = sum(counts);
  const width = (to - from) / counts.length;
  const points: Point[] = [];
  counts.forEach((count, i) => {
    const y = Math.sqrt(count / Math.max(1, total));
    const [left, right] = [from + i * width, from + (i + 1) * width];
    points.push({ x: left, y });
    if (threshold > left && threshold < right) points.push({ x: threshold, y }, { x: threshold, y });
    points.push({ x: right, y });
  });
  return points;
}

/** Without the empty bins at both ends: similarities rarely fill their range. */
export function trimmed(histogram: Histogram): Histogram {
  const { from, to, samePerson, otherPeople, strangers } = histogram;
  const all = samePerson.map((count, i) => count + otherPeople[i]! + strangers[i]!);
  const first = Math.max(
    0,
    all.findIndex((count) => count > 0),
  );
  const last = Math.max(
    first,
    all.findLastIndex((count) => count > 0),
  );
  const width = (to - from) / all.length;
  const kept = (counts: readonly number[]) => counts.slice(first, last + 1);
  return {
    ...{ from: round(from + first * width), to: round(from + (last + 1) * width) },
    ...{ samePerson: kept(samePerson), otherPeople: kept(otherPeople), strangers: kept(strangers) },
  };
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

/** Right edge of the bin that holds the one in the middle. */
function median({ from, to }: Histogram, counts: readonly number[]): number {
  let rest = sum(counts) / 2;
  const bin = counts.findIndex((count) => (rest -= count) <= 0);
  return from + ((bin + 1) * (to - from)) / counts.length;
}
