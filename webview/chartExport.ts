import type { RunState } from '../src/core/runState.js';
import type { Shown } from './axis.js';
import { ChartMenu } from './chartMenu.js';
import { pngOf } from './chartPng.js';
import { CAPTION, chartsSvg } from './chartSvg.js';
import type { Parent } from './curves.js';
import type { RunChart } from './runChart.js';
import { runCsv } from './runCsv.js';
import { readTheme } from './theme.js';

/** What is to be written: PNG in base64, others as they are. */
export interface ChartFile {
  readonly format: 'png' | 'svg' | 'csv';
  readonly data: string;
}

interface Exported {
  readonly charts: readonly RunChart[];
  readonly shown: Shown;
  readonly state: RunState;
  readonly parent: Parent | undefined;
}

/** Around and between the charts of a picture, pixels. */
const MARGIN = 16;

/** The menu that makes files of both charts as they are shown, and of their numbers. */
export function exportMenu(
  now: () => Exported,
  save: (file: ChartFile) => void,
  failed: (part: string, error: unknown) => void,
): ChartMenu {
  const csv = (range: Shown['range']) => {
    const { state, parent, shown } = now();
    save({ format: 'csv', data: runCsv(state, parent, { view: shown.view, range }) });
  };
  return new ChartMenu('Export', 'exportCharts', 'Charts and numbers as files (E)', [
    [
      'Picture (PNG)',
      () => {
        const { svg, size } = drawing(now().charts);
        pngOf(svg, size).then(
          (data) => save({ format: 'png', data }),
          (error: unknown) => failed('picture of the charts', error),
        );
      },
    ],
    ['Drawing (SVG)', () => save({ format: 'svg', data: drawing(now().charts).svg })],
    ['Numbers Shown (CSV)', () => csv(now().shown.range)],
    ['All Numbers (CSV)', () => csv(undefined)],
  ]);
}

/** The charts beside each other, whatever the page has room for. */
function drawing(charts: readonly RunChart[]): { svg: string; size: { width: number; height: number } } {
  const drawn = charts.flatMap((chart) => chart.drawn ?? []);
  let x = MARGIN;
  const placed = drawn.map((one) => {
    const place = { drawn: one, x, y: MARGIN };
    x += one.chart.width + MARGIN;
    return place;
  });
  const height = Math.max(0, ...drawn.map(({ chart }) => chart.height)) + CAPTION + 2 * MARGIN;
  const size = { width: x, height };
  return { svg: chartsSvg(placed, size, readTheme()), size };
}
