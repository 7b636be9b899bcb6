import type { Chart } from 'chart.js';
import { escapeHtml } from '../src/core/format.js';
import { BY_HEART, STAR } from './annotations.js';
import type { Quantity, Shown } from './axis.js';
import type { Curves } from './curves.js';
import type { Point } from './series.js';
import { fade, type ChartTheme } from './theme.js';

/** Room for title and legend above a chart, pixels. */
export const CAPTION = 30;
const LETTER = 6;
const LINE = 15;

/** A chart as it is drawn: Chart.js has laid it out, and what is shown of the run is in its lines. */
export interface DrawnChart {
  readonly chart: Chart<'line', Point[]>;
  readonly curves: Curves;
  readonly shown: Shown;
  readonly quantity: Quantity;
  readonly title: string;
}

/** Charts beside or below each other, in pixels. @returns an SVG that loads nothing */
export function chartsSvg(
  placed: readonly { readonly drawn: DrawnChart; readonly x: number; readonly y: number }[],
  size: { readonly width: number; readonly height: number },
  theme: ChartTheme,
): string {
  const parts = placed.map(
    ({ drawn, x, y }) => `<g transform="translate(${at(x)} ${at(y)})">${chartOf(drawn, theme)}</g>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${at(size.width)}" height="${at(size.height)}" ` +
    `viewBox="0 0 ${at(size.width)} ${at(size.height)}" font-family="${escapeHtml(theme.font)}" font-size="11">\n` +
    `<rect width="100%" height="100%" fill="${theme.background}"/>\n${parts.join('\n')}\n</svg>\n`
  );
}

function chartOf(drawn: DrawnChart, theme: ChartTheme): string {
  const { chart, title, quantity } = drawn;
  const { left, top, right, bottom } = chart.chartArea;
  const clip = `plot-${quantity}`;
  const inside = `<g clip-path="url(#${clip})">${band(drawn, theme)}${lines(drawn)}</g>`;
  return (
    `<text y="16" font-size="13" font-weight="600" fill="${theme.foreground}">${escapeHtml(title)}</text>${legend(drawn, theme)}` +
    `<g transform="translate(0 ${CAPTION})">` +
    `<clipPath id="${clip}"><rect x="${at(left)}" y="${at(top - 8)}" width="${at(right - left)}" height="${at(bottom - top + 16)}"/></clipPath>` +
    `${axes(drawn, theme)}${inside}${notes(drawn, theme)}</g>`
  );
}

function legend({ chart }: DrawnChart, theme: ChartTheme): string {
  let x = chart.width;
  const entries = [...chart.data.datasets].reverse().map((line) => {
    const name = line.label ?? '';
    x -= LETTER * name.length + 46;
    const dash = Array.isArray(line.borderDash) && line.borderDash.length > 0 ? ' stroke-dasharray="6 4"' : '';
    return (
      `<line x1="${at(x)}" x2="${at(x + 22)}" y1="12" y2="12" stroke="${colourOf(line)}" stroke-width="${Number(line.borderWidth)}"${dash}/>` +
      text(x + 28, 16, name, theme.dim)
    );
  });
  return entries.join('');
}

function axes({ chart, shown }: DrawnChart, theme: ChartTheme): string {
  const { left, right, bottom } = chart.chartArea;
  const [x, y] = [chart.scales['x']!, chart.scales['y']!];
  const label = (tick: { readonly label?: unknown }) => (typeof tick.label === 'string' ? tick.label : '');
  const across = y.ticks.map((tick) => {
    const pixel = y.getPixelForValue(tick.value);
    const words = text(left - 8, pixel + 4, label(tick), theme.dim, 'end');
    return `<line x1="${at(left)}" x2="${at(right)}" y1="${at(pixel)}" y2="${at(pixel)}" stroke="${theme.grid}"/>${words}`;
  });
  const below = x.ticks.map((tick) =>
    text(x.getPixelForValue(tick.value), bottom + 20, label(tick), theme.dim, 'middle'),
  );
  const name = text((left + right) / 2, bottom + 40, shown.view === 'step' ? 'Step' : 'Epoch', theme.dim, 'middle');
  return across.join('') + below.join('') + name;
}

/** The lines, the later ones in the order of the chart on top; marks where the chart has them. */
function lines({ chart }: DrawnChart): string {
  const [x, y] = [chart.scales['x']!, chart.scales['y']!];
  const inOrder = [...chart.data.datasets].sort((a, b) => (b.order ?? 0) - (a.order ?? 0));
  return inOrder
    .map((line) => {
      const points = line.data.map((p) => [x.getPixelForValue(p.x), y.getPixelForValue(p.y)] as const);
      const colour = colourOf(line);
      const dash = Array.isArray(line.borderDash) && line.borderDash.length > 0 ? ' stroke-dasharray="6 4"' : '';
      const path = points.map((p) => p.map(at).join(',')).join(' ');
      const marks = Number(line.pointRadius) > 0 ? points.map(([px, py]) => diamond(px, py, colour)) : [];
      return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${Number(line.borderWidth)}"${dash}/>${marks.join('')}`;
    })
    .join('');
}

function colourOf({ borderColor }: { readonly borderColor?: unknown }): string {
  return typeof borderColor === 'string' ? borderColor : 'none';
}

function diamond(x: number, y: number, colour: string): string {
  return `<path d="M${at(x - 5)},${at(y)}l5,-5l5,5l-5,5z" fill="${colour}"/>`;
}

function band({ chart, curves: { byHeart } }: DrawnChart, theme: ChartTheme): string {
  if (byHeart === undefined) return '';
  const { left, right, top, bottom } = chart.chartArea;
  const from = Math.max(left, chart.scales['x']!.getPixelForValue(byHeart));
  if (from >= right) return '';
  return `<rect x="${at(from)}" y="${at(top)}" width="${at(right - from)}" height="${at(bottom - top)}" fill="${fade(theme.validation, 0.1)}"/>`;
}

/** Marks and levels with their names, the band's words and the star: as `annotations.ts` places them. */
function notes({ chart, curves, shown, quantity }: DrawnChart, theme: ChartTheme): string {
  const { left, right, top, bottom } = chart.chartArea;
  const [x, y] = [chart.scales['x']!, chart.scales['y']!];
  const { from, to } = shown.range ?? { from: -Infinity, to: Infinity };
  const inside = (place: number) => place >= from && place <= to;
  const marks = curves.marks.filter((mark) => inside(mark.x));
  const row = (i: number) => (quantity === 'loss' ? top + 12 + i * LINE : bottom - 5 - (marks.length - 1 - i) * LINE);
  const lineOf = (x1: number, x2: number, y1: number, y2: number) =>
    `<line x1="${at(x1)}" x2="${at(x2)}" y1="${at(y1)}" y2="${at(y2)}" stroke="${theme.dim}" stroke-dasharray="2 3"/>`;
  const made = marks.map((mark, i) => {
    const pixel = x.getPixelForValue(mark.x);
    const fits = pixel + LETTER * mark.text.length + 8 < right;
    return (
      lineOf(pixel, pixel, top, bottom) +
      text(pixel + (fits ? 5 : -5), row(i), mark.text, theme.dim, fits ? 'start' : 'end')
    );
  });
  for (const level of curves.levels.filter((one) => one.x < to)) {
    const pixel = y.getPixelForValue(level.y);
    made.push(lineOf(Math.max(left, x.getPixelForValue(level.x)), right, pixel, pixel));
    made.push(text(right - 4, pixel - 4, level.text, theme.dim, 'end'));
  }
  if (curves.byHeart !== undefined && curves.byHeart < to)
    made.push(
      text(right - 5, row(quantity === 'loss' ? marks.length : -1), BY_HEART, theme.dim, 'end', ' font-style="italic"'),
    );
  const { best } = curves;
  if (best && inside(best.x)) {
    const [px, py] = [x.getPixelForValue(best.x), y.getPixelForValue(best.y)];
    made.push(text(px, py + 7, STAR, theme.foreground, 'middle', ' font-size="20"'));
  }
  return made.join('');
}

function text(x: number, y: number, words: string, colour: string, anchor = 'start', more = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" fill="${colour}" text-anchor="${anchor}"${more}>${escapeHtml(words)}</text>`;
}

/** Tenths of a pixel; what is nowhere is far away. */
function at(pixel: number): string {
  return Number.isFinite(pixel) ? pixel.toFixed(1).replace(/\.0$/, '') : '-9999';
}
