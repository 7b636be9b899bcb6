import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import { formatCount, formatPercent } from '../src/core/format.js';
import type { Comparison, Difference, Measurement } from '../src/protocol/comparison.js';
import type { ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { element, setText, tile } from './dom.js';
import { readTheme, tooltipColours } from './theme.js';
import { BUTTON } from './toolkit.js';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
const milliseconds = (ms: number) => `${ms.toFixed(2)} ms`;

/** What is compared: as a row of the table, and as bars in shares of float. */
const QUANTITIES: readonly {
  readonly name: string;
  readonly text: (model: Measurement) => string;
  readonly value: (model: Measurement) => number;
}[] = [
  { name: 'Accuracy', text: ({ accuracy }) => formatPercent(accuracy), value: ({ accuracy }) => accuracy },
  { name: 'Size', text: ({ bytes }) => megabytes(bytes), value: ({ bytes }) => bytes },
  { name: 'Latency', text: ({ latency }) => milliseconds(latency.median), value: ({ latency }) => latency.median },
];

/** Float and int8 of one network: a table, a chart, and the pictures on which the two differ. */
export class ComparisonView {
  readonly root: HTMLElement;
  private readonly name = element('h1');
  private readonly facts = element('p', { class: 'subtitle' });
  private readonly tiles = element('section', { class: 'tiles' });
  private readonly rows = element('tbody');
  private readonly heads = element('tr');
  private readonly canvas = document.createElement('canvas');
  private readonly machine = element('p', { class: 'hint' });
  private readonly gallery = element('section', { class: 'differences' });
  private chart: Chart<'bar', number[], string> | undefined;
  private models: readonly Measurement[] = [];

  constructor(private readonly post: (message: ModelPanelMessage) => void) {
    const button = (type: 'export' | 'tryPicture', text: string, appearance: string) => {
      const made = element(BUTTON, { appearance, id: type }, text);
      made.addEventListener('click', () => post({ type }));
      return made;
    };
    this.canvas.setAttribute('role', 'img');
    this.root = element(
      'div',
      { class: 'comparison' },
      element(
        'header',
        {},
        element('div', { class: 'heading' }, element('div', { class: 'name' }, this.name), this.facts),
        element(
          'div',
          { class: 'actions' },
          button('export', 'Export…', 'primary'),
          button('tryPicture', 'Try a Picture…', 'secondary'),
        ),
      ),
      this.tiles,
      element(
        'div',
        { class: 'charts' },
        element(
          'div',
          { class: 'wide' },
          element('h2', {}, 'Side by side'),
          element('table', { class: 'quantizers measured' }, element('thead', {}, this.heads), this.rows),
          this.machine,
        ),
        element(
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
        ),
      ),
      this.gallery,
    );
  }

  draw({ title, comparison }: Extract<ModelPanelContent, { type: 'comparison' }>): void {
    const { measurements, network, gallery } = comparison;
    const { models, pictures, agreement, machine, sameData } = measurements;
    this.models = models;
    setText(this.name, title);
    setText(
      this.facts,
      `${network}  ·  ${formatCount(pictures, 'validation picture')}${sameData ? '' : ', some changed since the training'}  ·  both computed by ONNX Runtime`,
    );
    const [float, int8] = models;
    if (float && int8) {
      const points = 100 * (int8.accuracy - float.accuracy);
      const speed = float.latency.median / int8.latency.median;
      this.tiles.replaceChildren(
        tile(
          'Accuracy of int8',
          formatPercent(int8.accuracy),
          `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)} points against float`,
        ),
        tile('Same answer', formatPercent(agreement), `${formatCount(measurements.differing ?? 0, 'picture')} apart`),
        tile('Size', `${(100 * (int8.bytes / float.bytes)).toFixed(0)} %`, `of ${megabytes(float.bytes)}`),
        tile(
          'Speed',
          `${speed.toFixed(2)} ×`,
          `${milliseconds(int8.latency.median)} against ${milliseconds(float.latency.median)}`,
        ),
      );
    }
    this.heads.replaceChildren(
      element('th'),
      ...models.map(({ precision }) => element('th', { scope: 'col' }, precision)),
    );
    const row = (name: string, text: (model: Measurement) => string) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, name),
        ...models.map((model) => element('td', {}, text(model))),
      );
    this.rows.replaceChildren(
      ...QUANTITIES.map(({ name, text }) => row(name === 'Latency' ? 'Latency, median' : name, text)),
      row('Latency, 90 % below', ({ latency }) => milliseconds(latency.p90)),
      row('Loss', ({ loss }) => loss.toFixed(4)),
    );
    setText(
      this.machine,
      `Latency of one picture: ${machine}. Whether int8 is faster depends on the processor; on phones and microcontrollers it mostly is.`,
    );
    this.drawGallery(comparison, gallery);
    this.drawChart();
  }

  themeChanged(): void {
    this.drawChart();
  }

  private drawGallery({ measurements }: Comparison, gallery: readonly Difference[]): void {
    const differing = measurements.differing ?? 0;
    const shown = differing > gallery.length ? `, the first ${gallery.length} shown` : '';
    const heading =
      differing === 0
        ? 'Float and int8 name the same person on every picture'
        : `The ${formatCount(differing, 'picture')} on which they differ${shown}`;
    this.gallery.replaceChildren(
      element('h2', {}, heading),
      element('div', { class: 'cards' }, ...gallery.map((one) => this.card(one))),
    );
  }

  private card({ file, person, float32, int8, thumbnail }: Difference): HTMLElement {
    const verdict = (name: string, said: Difference['int8']) => {
      const right = said.person === person;
      return element(
        'li',
        { class: right ? 'right' : 'wrong' },
        element('span', { class: 'mark', 'aria-label': right ? 'right' : 'wrong' }, right ? '✓' : '✗'),
        element('span', { class: 'kind' }, name),
        element('span', { class: 'person', title: said.person }, said.person),
        element('span', { class: 'count' }, formatPercent(said.probability)),
      );
    };
    const card = element(
      'article',
      { class: 'difference', title: file, tabindex: '0', role: 'button' },
      thumbnail === undefined ? undefined : element('img', { src: thumbnail, alt: file }),
      element(
        'div',
        {},
        element('h3', { title: person }, person),
        element('ul', {}, verdict('float', float32), verdict('int8', int8)),
      ),
    );
    const open = () => this.post({ type: 'open', file });
    card.addEventListener('click', open);
    card.addEventListener('keydown', (event) => event.key === 'Enter' && open());
    return card;
  }

  private drawChart(): void {
    const [float, int8] = this.models;
    if (!float || !int8) return;
    const theme = readTheme();
    this.root.style.setProperty('--training', theme.training);
    this.root.style.setProperty('--validation', theme.validation);
    const share = (model: Measurement) =>
      QUANTITIES.map(({ value }) => (100 * value(model)) / Math.max(1e-12, value(float)));
    const series = [
      { label: 'float32', colour: theme.training, model: float },
      { label: 'int8', colour: theme.validation, model: int8 },
    ];
    const font = { family: theme.font };
    this.chart?.destroy();
    this.chart = new Chart<'bar', number[], string>(this.canvas, {
      type: 'bar',
      data: {
        labels: QUANTITIES.map(({ name }) => name),
        datasets: series.map(({ label, colour, model }) => ({
          label,
          data: share(model),
          backgroundColor: colour,
          borderColor: theme.foreground,
          borderWidth: theme.highContrast ? 1 : 0,
          barPercentage: 0.8,
          categoryPercentage: 0.65,
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        indexAxis: 'y',
        scales: {
          x: {
            beginAtZero: true,
            grid: { color: theme.grid },
            border: { display: false },
            ticks: { color: theme.dim, font, callback: (value) => `${value} %` },
          },
          y: { grid: { display: false }, border: { color: theme.grid }, ticks: { color: theme.foreground, font } },
        },
        plugins: {
          tooltip: {
            ...tooltipColours(theme),
            callbacks: {
              label: ({ dataIndex, datasetIndex }) =>
                `${series[datasetIndex]!.label}: ${QUANTITIES[dataIndex]!.text(series[datasetIndex]!.model)}`,
            },
          },
        },
      },
    });
    this.canvas.setAttribute(
      'aria-label',
      QUANTITIES.map(({ name, text }) => `${name}: float ${text(float)}, int8 ${text(int8)}`).join('; '),
    );
  }
}
