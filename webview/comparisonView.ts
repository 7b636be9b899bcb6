import { formatCount, formatPercent } from '../src/core/format.js';
import type { Comparison, Difference, Measurement, Measurements } from '../src/protocol/comparison.js';
import type { ModelPanelContent, ModelPanelMessage } from '../src/protocol/modelPanel.js';
import { button, cardButton, element, pageHeader, setText, tile, tiles } from './dom.js';
import { ShareChart, type MeasuredQuantity } from './shareChart.js';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`; // of 10^6 bytes
const milliseconds = (ms: number) => `${ms.toFixed(2)} ms`;

/** What is compared: as a row of the table, and as bars in shares of float. */
const QUANTITIES: readonly MeasuredQuantity[] = [
  { name: 'Accuracy', text: ({ accuracy }) => formatPercent(accuracy), value: ({ accuracy }) => accuracy },
  { name: 'Size', text: ({ bytes }) => megabytes(bytes), value: ({ bytes }) => bytes },
  { name: 'Latency', text: ({ latency }) => milliseconds(latency.median), value: ({ latency }) => latency.median },
];

/** Float and int8 of one network: a table, a chart, and the pictures on which the two differ. */
export class ComparisonView {
  readonly root: HTMLElement;
  private readonly name = element('h1');
  private readonly facts = element('p', { class: 'subtitle' });
  private readonly tiles = tiles();
  private readonly heads = element('tr');
  private readonly rows = element('tbody');
  private readonly machine = element('p', { class: 'hint' });
  private readonly chart = new ShareChart(QUANTITIES);
  private readonly gallery = element('section', { class: 'differences' });
  private models: readonly Measurement[] = []; // float first; int8 is missing where it was not measured

  constructor(private readonly post: (message: ModelPanelMessage) => void) {
    const table = element('table', { class: 'quantizers measured' }, element('thead', {}, this.heads), this.rows);
    this.root = element(
      'div',
      { class: 'comparison' },
      pageHeader([this.name], this.facts, [
        button('Export…', { appearance: 'primary', id: 'export' }, () => post({ type: 'export' })),
        button('Try a Picture…', { appearance: 'secondary', id: 'tryPicture' }, () => post({ type: 'tryPicture' })),
      ]),
      this.tiles,
      element(
        'div',
        { class: 'charts' },
        element('div', {}, element('h2', {}, 'Side by side'), element('div', { class: 'wide' }, table), this.machine),
        this.chart.root,
      ),
      this.gallery,
    );
  }

  show({ title, comparison }: Extract<ModelPanelContent, { type: 'comparison' }>): void {
    const { measurements, network } = comparison;
    const { models, pictures, machine, sameData } = measurements;
    this.models = models;
    setText(this.name, title);
    setText(
      this.facts,
      `${network}  ·  ${formatCount(pictures, 'validation picture')}${sameData ? '' : ', some changed since training'}  ·  both computed by ONNX Runtime`,
    );
    this.tiles.replaceChildren(...tilesOf(measurements));
    this.fillTable(models);
    setText(
      this.machine,
      `Latency of one picture: ${machine}. Whether int8 is faster depends on the processor; on phones and microcontrollers it usually is.`,
    );
    this.showGallery(comparison);
  }

  /** Apart from `show`, since a new theme needs it too; nothing to compare, nothing to draw. */
  drawChart(): void {
    const [float, int8] = this.models;
    if (float && int8) this.chart.draw(float, int8);
  }

  private fillTable(models: readonly Measurement[]): void {
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
  }

  /** Every picture on which they differ is counted; of many the first alone are sent, with what the networks saw. */
  private showGallery({ measurements, gallery }: Comparison): void {
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

  /** A click opens the file; `file` is relative to the dataset, and the host knows where that is. */
  private card({ file, person, float32, int8, thumbnail }: Difference): HTMLElement {
    return cardButton(
      { class: 'difference', title: file },
      () => this.post({ type: 'open', file }),
      thumbnail === undefined ? undefined : element('img', { src: thumbnail, alt: file }),
      element(
        'span',
        { class: 'answers' },
        element('strong', { title: person }, person),
        verdict('float', float32, person),
        verdict('int8', int8, person),
      ),
    );
  }
}

/** What int8 gains and loses; only where both were measured. */
function tilesOf({ models: [float, int8], agreement, differing }: Measurements): HTMLElement[] {
  if (!float || !int8) return [];
  const points = 100 * (int8.accuracy - float.accuracy);
  const speed = float.latency.median / int8.latency.median;
  return [
    tile(
      'Accuracy of int8',
      formatPercent(int8.accuracy),
      `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)} points compared with float`,
    ),
    tile('Same answer', formatPercent(agreement), `${formatCount(differing ?? 0, 'picture')} apart`),
    tile('Size', `${(100 * (int8.bytes / float.bytes)).toFixed(0)} %`, `of ${megabytes(float.bytes)}`),
    tile(
      'Speed',
      `${speed.toFixed(2)} ×`,
      `${milliseconds(int8.latency.median)} instead of ${milliseconds(float.latency.median)}`,
    ),
  ];
}

/** Whom a network names, and whether that is right. */
function verdict(name: string, said: Difference['int8'], person: string): HTMLElement {
  const right = said.person === person;
  return element(
    'span',
    { class: `said ${right ? 'right' : 'wrong'}` },
    element('span', { class: 'mark', role: 'img', 'aria-label': right ? 'right' : 'wrong' }, right ? '✓' : '✗'),
    element('span', { class: 'kind' }, name),
    element('span', { class: 'person', title: said.person }, said.person),
    element('span', { class: 'count' }, formatPercent(said.probability)),
  );
}
