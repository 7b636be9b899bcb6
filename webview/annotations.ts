import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import type { Quantity, Shown } from './axis.js';
import type { Curves } from './curves.js';
import { fade, type ChartTheme } from './theme.js';

/** Height of a line of text in a chart, pixels. */
const LINE = 15;
export const BY_HEART = 'only learning by heart from here';
export const STAR = '★';

type Annotation = [name: string, AnnotationOptions];

/** What stands in a chart beside its lines, as far as it lies in what is shown. */
export function annotationsOf(
  { marks, levels, best, byHeart }: Curves,
  quantity: Quantity,
  { range, log }: Shown,
  theme: ChartTheme,
): Record<string, AnnotationOptions> {
  const { from, to } = range ?? { from: -Infinity, to: Infinity };
  const inside = ({ x }: { readonly x: number }) => x >= from && x <= to;
  const band =
    byHeart !== undefined && byHeart < to
      ? [bandOf(Math.max(byHeart, from), quantity, LINE * marks.filter(inside).length, theme)]
      : [];
  const across = levels
    .filter(({ x }) => x < to)
    .map(({ x, y, text }, i): Annotation => [
      `level ${i}`,
      {
        ...levelLine(Math.max(x, from), y, theme),
        borderDash: i === 0 ? [] : [6, 3],
        label: { ...label(theme), content: text, position: 'end', yAdjust: i === 0 ? -9 : 9 },
      },
    ]);
  const star = best && inside(best) && !(log && quantity === 'loss' && best.y <= 0) ? [starOf(best, theme)] : [];
  return Object.fromEntries([...band, ...markLines(marks.filter(inside), quantity, theme), ...across, ...star]);
}

/**
 * The marks as lines from top to bottom, each with its name, one under the other where curves seldom are: a loss falls, so at the
 * top; an accuracy rises, so at the bottom.
 */
function markLines(marks: Curves['marks'], quantity: Quantity, theme: ChartTheme): Annotation[] {
  return marks.map(({ x, text }, i) => [
    `mark ${i}`,
    {
      type: 'line',
      scaleID: 'x',
      value: x,
      borderColor: theme.dim,
      borderWidth: 1,
      borderDash: [2, 3],
      drawTime: 'beforeDatasetsDraw',
      label: {
        ...label(theme),
        content: text,
        ...(quantity === 'loss'
          ? { position: 'start' as const, yAdjust: i * LINE }
          : { position: 'end' as const, yAdjust: (i + 1 - marks.length) * LINE }),
        // At the right edge of the area a name stands to the left of its line.
        xAdjust: ({ chart }) => sideOf(chart.scales['x'], x, text),
      },
    },
  ]);
}

/** A pale band to the end, with its words where curves seldom are, beside those of the marks. */
function bandOf(from: number, quantity: Quantity, beside: number, theme: ChartTheme): Annotation {
  return [
    'by heart',
    {
      type: 'box',
      xMin: from,
      backgroundColor: fade(theme.validation, theme.highContrast ? 0.2 : 0.1),
      borderWidth: theme.highContrast ? 1 : 0,
      borderColor: theme.validation,
      drawTime: 'beforeDatasetsDraw',
      label: {
        display: true,
        color: theme.dim,
        font: { family: theme.font, size: 11, weight: 'normal', style: 'italic' },
        content: BY_HEART,
        position: { x: 'end', y: quantity === 'loss' ? 'start' : 'end' },
        yAdjust: quantity === 'loss' ? beside : -beside,
        drawTime: 'afterDatasetsDraw',
      },
    },
  ];
}

function starOf({ x, y }: { readonly x: number; readonly y: number }, theme: ChartTheme): Annotation {
  return [
    'best',
    {
      type: 'label',
      xValue: x,
      yValue: y,
      content: STAR,
      color: theme.foreground,
      font: { family: theme.font, size: 20 },
      padding: 0,
      drawTime: 'afterDatasetsDraw',
    },
  ];
}

function levelLine(x: number, y: number, theme: ChartTheme) {
  return {
    type: 'line' as const,
    xMin: x,
    yMin: y,
    yMax: y,
    borderColor: theme.dim,
    borderWidth: 1,
    drawTime: 'beforeDatasetsDraw' as const,
  };
}

function label(theme: ChartTheme) {
  return {
    display: true,
    color: theme.dim,
    font: { family: theme.font, size: 11, weight: 'normal' as const },
    backgroundColor: theme.background,
    padding: 2,
    drawTime: 'afterDatasetsDraw' as const,
  };
}

interface Scale {
  readonly right: number;
  getPixelForValue(value: number): number;
}

/** A label is centred on its line: moved by half of its width, about six pixels a letter. */
function sideOf(scale: Scale | undefined, x: number, text: string): number {
  const half = text.length * 3 + 8;
  if (!scale) return half;
  return scale.getPixelForValue(x) + 2 * half < scale.right ? half : -half;
}
