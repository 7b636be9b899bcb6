import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import type { Quantity } from './axis.js';
import type { Curves } from './curves.js';
import type { ChartTheme } from './theme.js';

/** Height of a line of text in a chart, pixels. */
const LINE = 15;

/**
 * The marks of a chart as lines from top to bottom, each with its name, one under the other where curves seldom are: a loss
 * falls, so at the top; an accuracy rises, so at the bottom.
 */
export function annotationsOf(
  { marks, levels }: Pick<Curves, 'marks' | 'levels'>,
  quantity: Quantity,
  theme: ChartTheme,
): Record<string, AnnotationOptions> {
  const font = { family: theme.font, size: 11, weight: 'normal' as const };
  const label = { display: true, color: theme.dim, font, backgroundColor: theme.background, padding: 2 };
  const lines = marks.map(({ x, text }, i): [string, AnnotationOptions] => [
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
        ...label,
        content: text,
        ...(quantity === 'loss'
          ? { position: 'start' as const, yAdjust: i * LINE }
          : { position: 'end' as const, yAdjust: (i + 1 - marks.length) * LINE }),
        // At the right edge of the area a name stands to the left of its line.
        xAdjust: ({ chart }) => sideOf(chart.scales['x'], x, text),
        drawTime: 'afterDatasetsDraw',
      },
    },
  ]);
  const across = levels.map(({ x, y, text }, i): [string, AnnotationOptions] => [
    `level ${i}`,
    {
      type: 'line',
      xMin: x,
      yMin: y,
      yMax: y,
      borderColor: theme.dim,
      borderWidth: 1,
      borderDash: i === 0 ? [] : [6, 3],
      drawTime: 'beforeDatasetsDraw',
      label: { ...label, content: text, position: 'end', yAdjust: i === 0 ? -9 : 9, drawTime: 'afterDatasetsDraw' },
    },
  ]);
  return Object.fromEntries([...lines, ...across]);
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
