import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip, type ChartOptions } from 'chart.js';
import type { Measurement } from '../src/protocol/comparison.js';
import { element } from './dom.js';
import { readTheme, tooltipColours, type ChartTheme } from './theme.js';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

/** Something that is measured of each network. */
export interface MeasuredQuantity {
  readonly name: string;
  readonly value: (model: Measurement) => number;
  readonly text: (model: Measurement) => string;
}

interface Bars {
  readonly label: string;
  readonly colour: string;
  readonly model: Measurement;
}

/** Float and int8 as bars, each quantity in percent of what it is for float: quantities of different units in one picture. */
export class ShareChart {
  readonly root: HTMLElement;
  private readonly canvas = document.createElement('canvas');
  private chart: Chart<'bar', number[], string> | undefined;

  constructor(private readonly quantities: readonly MeasuredQuantity[]) {
    this.canvas.setAttribute('role', 'img');
    this.root = element(
      'figure',
      { class: 'chart' },
      element(
        'figcaption',
        {},
        element('span', { class: 'title' }, 'As a share of float'),
        element('span', { class: 'legend swatch training' }, 'float32'),
        element('span', { class: 'legend swatch validation' }, 'int8'),
      ),
      element('div', { class: 'canvas bars' }, this.canvas),
    );
  }

  draw(float: Measurement, int8: Measurement): void {
    const theme = readTheme();
    this.root.style.setProperty('--training', theme.training);
    this.root.style.setProperty('--validation', theme.validation);
    const bars: Bars[] = [
      { label: 'float32', colour: theme.training, model: float },
      { label: 'int8', colour: theme.validation, model: int8 },
    ];
    // Drawn once for each comparison and theme: a new chart is simpler than one that changes.
    this.chart?.destroy();
    this.chart = new Chart<'bar', number[], string>(this.canvas, {
      type: 'bar',
      data: {
        labels: this.quantities.map(({ name }) => name),
        datasets: bars.map(({ label, colour, model }) => ({
          label,
          // Percent. What is nothing for float has no share, but must not be divided by.
          data: this.quantities.map(({ value }) => (100 * value(model)) / Math.max(1e-12, value(float))),
          backgroundColor: colour,
          borderColor: theme.foreground,
          borderWidth: theme.highContrast ? 1 : 0,
          barPercentage: 0.8,
          categoryPercentage: 0.65,
        })),
      },
      options: this.options(bars, theme),
    });
    const spoken = this.quantities.map(({ name, text }) => `${name}: float ${text(float)}, int8 ${text(int8)}`);
    this.canvas.setAttribute('aria-label', spoken.join('; '));
  }

  private options(bars: readonly Bars[], theme: ChartTheme): ChartOptions<'bar'> {
    const font = { family: theme.font };
    const ticks = { color: theme.dim, font, callback: (value: number | string) => `${value} %` };
    return {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: 'y',
      scales: {
        x: { beginAtZero: true, grid: { color: theme.grid }, border: { display: false }, ticks },
        y: { grid: { display: false }, border: { color: theme.grid }, ticks: { color: theme.foreground, font } },
      },
      plugins: {
        tooltip: {
          ...tooltipColours(theme),
          callbacks: {
            label: ({ dataIndex, datasetIndex }) => {
              const { label, model } = bars[datasetIndex]!;
              return `${label}: ${this.quantities[dataIndex]!.text(model)}`;
            },
          },
        },
      },
    };
  }
}
