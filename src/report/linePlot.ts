import { escapeHtml } from '../core/format.js';

export interface PlotSeries {
  readonly name: string;
  /** CSS class that carries colour and dash. */
  readonly style: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Marks at the points: for series with few of them. */
  readonly marks?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly PlotSeries[];
  /** Fixed range of y; from the data when absent. */
  readonly yRange?: readonly [number, number];
  readonly formatY: (y: number) => string;
}

const WIDTH = 640;
const HEIGHT = 360;
const MARGIN = { left: 56, right: 16, top: 40, bottom: 44 };
/** More points than pixels draw the same line in a larger file. */
const MAXIMUM_POINTS = 1200;

/** A line plot as an SVG element: no script, colours from the page's style sheet. */
export function linePlot({ title, xLabel, series, yRange, formatY }: Plot): string {
  const xEnd = largest(series, 0, 1);
  const xTicks = ticks(0, xEnd, 8).filter(Number.isInteger);
  const yTicks = ticks(yRange?.[0] ?? 0, yRange?.[1] ?? largest(series, 1, 0.1), 6);
  const [yLow, yHigh] = [yTicks[0]!, yTicks.at(-1)!];
  const x = (value: number) => MARGIN.left + (value / xEnd) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) =>
    HEIGHT - MARGIN.bottom - ((value - yLow) / (yHigh - yLow)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (value: number) => value.toFixed(1);

  const grid = yTicks.map(
    (t) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at(y(t))}" y2="${at(y(t))}"/>` +
      `<text class="tick" x="${MARGIN.left - 8}" y="${at(y(t) + 4)}" text-anchor="end">${escapeHtml(formatY(t))}</text>`,
  );
  const bottom = xTicks.map(
    (t) =>
      `<text class="tick" x="${at(x(t))}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle">${t.toLocaleString('en-US')}</text>`,
  );
  const lines = series.map((s) => {
    const drawn = thin(s.points).map(([px, py]) => [at(x(px)), at(y(py))] as const);
    const line = `<polyline class="${s.style}" points="${drawn.map((p) => p.join(',')).join(' ')}"/>`;
    const marks = s.marks
      ? drawn.map(([px, py]) => `<circle class="${s.style}" cx="${px}" cy="${py}" r="3.5"/>`).join('')
      : '';
    return line + marks;
  });
  const legend = series.map((s, i) => {
    const left = MARGIN.left + 150 * i + 130;
    return `<line class="${s.style}" x1="${left}" x2="${left + 24}" y1="20" y2="20"/><text class="legend" x="${left + 30}" y="24">${escapeHtml(s.name)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">
<text class="title" x="${MARGIN.left}" y="25">${escapeHtml(title)}</text>
${legend.join('')}
${grid.join('')}
${bottom.join('')}
<text class="tick" x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>
${lines.join('\n')}
</svg>`;
}

/** Folded, not spread into Math.max: a long run has more points than a call can have arguments. */
function largest(series: readonly PlotSeries[], axis: 0 | 1, least: number): number {
  return series.reduce((most, { points }) => points.reduce((m, point) => Math.max(m, point[axis]), most), least);
}

/** Round numbers that enclose [low, high]: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, wish: number): number[] {
  const rough = (high - low) / wish;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Means of neighbours when there are more points than the picture can show. */
function thin(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  if (points.length <= MAXIMUM_POINTS) return points;
  const group = Math.ceil(points.length / MAXIMUM_POINTS);
  const mean = (some: readonly (readonly [number, number])[], i: 0 | 1) =>
    some.reduce((sum, p) => sum + p[i], 0) / some.length;
  const thinned: [number, number][] = [];
  for (let i = 0; i < points.length; i += group) {
    const some = points.slice(i, i + group);
    thinned.push([mean(some, 0), mean(some, 1)]);
  }
  return thinned;
}
