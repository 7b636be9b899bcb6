import { Chart, LinearScale, PointElement, ScatterController, type ChartDataset } from 'chart.js';
import { fade, readTheme, type ChartTheme } from '../theme.js';
import type { MapPoint, Place } from './places.js';

Chart.register(LinearScale, PointElement, ScatterController);

/** Six colours and five shapes: thirty people look different, and none by colour alone. */
const SHAPES = ['circle', 'rect', 'triangle', 'rectRot', 'star'] as const;

type Points = ChartDataset<'scatter', Place[]>;

/** The canvas of the map. */
export class MapChart {
  readonly root = document.createElement('canvas');
  private readonly chart: Chart<'scatter', Place[]>;
  private points: readonly MapPoint[] = [];
  private places: Place[] = [];
  private standsOut: ((i: number) => boolean) | undefined;
  private marked: number | undefined;
  private theme: ChartTheme | undefined;

  constructor(pointed: (point: number | undefined) => void, opened: (point: number) => void) {
    this.root.setAttribute('aria-hidden', 'true');
    const axis = { display: false, grace: '4%' } as const;
    this.chart = new Chart<'scatter', Place[]>(this.root, {
      type: 'scatter',
      data: { datasets: [] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        scales: { x: axis, y: axis },
        // The card says what a point is.
        plugins: { tooltip: { enabled: false } },
        interaction: { mode: 'nearest', intersect: true },
        onHover: (_, [hit]) => pointed(hit?.datasetIndex === 0 ? hit.index : undefined),
        onClick: (_, [hit]) => {
          if (hit?.datasetIndex === 0) opened(hit.index);
        },
      },
    });
    this.root.addEventListener('pointerleave', () => pointed(undefined));
  }

  show(points: readonly MapPoint[], places: Place[]): void {
    this.points = points;
    this.places = places;
  }

  highlight(standsOut: ((i: number) => boolean) | undefined): void {
    this.standsOut = standsOut;
    this.draw(this.theme);
  }

  mark(point: number | undefined): void {
    this.marked = point;
    this.draw(this.theme);
  }

  draw(theme: ChartTheme = readTheme()): void {
    this.theme = theme;
    const colours = coloursOf(theme);
    const colourOf = ({ number }: MapPoint) => (number < 0 ? theme.dim : colours[number % colours.length]!);
    const faded = (i: number) => this.standsOut !== undefined && !this.standsOut(i);
    const points: Points = {
      data: this.places,
      pointStyle: this.points.map(({ number }) =>
        number < 0 ? 'crossRot' : SHAPES[Math.floor(number / colours.length) % SHAPES.length]!,
      ),
      pointBackgroundColor: this.points.map((point, i) => fade(colourOf(point), faded(i) ? 0.08 : 0.55)),
      pointBorderColor: this.points.map((point, i) =>
        point.mistaken && !faded(i) ? theme.foreground : fade(colourOf(point), faded(i) ? 0.15 : 1),
      ),
      pointBorderWidth: this.points.map(({ mistaken, number }) => (mistaken ? 2 : number < 0 ? 1.5 : 1)),
      pointRadius: this.points.map(({ mistaken, number }, i) =>
        mistaken ? 6 : number < 0 ? 3 : this.standsOut?.(i) ? 6 : 4,
      ),
      pointHoverRadius: 8,
      pointHitRadius: 4,
    };
    const at = this.marked === undefined ? undefined : this.places[this.marked];
    const mark: Points = {
      data: at ? [at] : [],
      pointStyle: 'circle',
      pointBackgroundColor: 'transparent',
      pointBorderColor: theme.foreground,
      pointBorderWidth: 2,
      pointRadius: 10,
      pointHoverRadius: 10,
    };
    this.chart.data.datasets = [points, mark];
    this.chart.update('none');
  }

  /** Where a point is on the canvas, in its pixels. */
  pixelOf(point: number): { x: number; y: number; width: number; height: number } {
    const { x, y } = this.places[point] ?? { x: 0, y: 0 };
    const { scales, width, height } = this.chart;
    return { x: scales['x']!.getPixelForValue(x), y: scales['y']!.getPixelForValue(y), width, height };
  }
}

/** The theme's own colours of charts. */
function coloursOf(theme: ChartTheme): string[] {
  const style = getComputedStyle(document.documentElement);
  const named = ['blue', 'orange', 'green', 'red', 'purple', 'yellow'].map((name) =>
    style.getPropertyValue(`--vscode-charts-${name}`).trim(),
  );
  const known = named.filter((colour) => colour !== '');
  return known.length > 1 ? known : [theme.training, theme.validation];
}
