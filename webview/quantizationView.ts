import { bestOf } from '../src/core/best.js';
import type { RunState } from '../src/core/runState.js';
import { formatCount, formatPercent } from '../src/core/format.js';
import { METRIC_WORDS, metricOf } from '../src/core/metricWords.js';
import { QUANTIZER_COLUMNS } from '../src/core/quantizerColumns.js';
import type { PanelMessage } from '../src/protocol/panel.js';
import { button, element, setText } from './dom.js';

/** Layers that the sensitivity view shows: the costliest. */
const SHOWN = 12;

type Layer = NonNullable<RunState['sensitivity']>['layers'][number];

/** What quantization does to the network: accuracies side by side, what each layer costs, every quantizer in a table. */
export class QuantizationView {
  readonly root: HTMLElement;
  private readonly facts = element('p', { class: 'facts' });
  private readonly layers = element('div', { class: 'layers' });
  private readonly rows = element('tbody');
  private readonly count = element('summary', {}, 'Quantizers');
  private readonly again: HTMLElement;
  private readonly table: HTMLElement;
  /** The steps at which what is shown was measured. */
  private drawnTable = -1;
  private drawnLayers = -1;

  constructor(post: (message: PanelMessage) => void) {
    this.again = button('Fine-Tune Again with These in Float', { appearance: 'secondary', id: 'again' }, () =>
      // Of no checkpoint of this run: the host takes the one that this run went on from.
      post({ type: 'quantize', checkpoint: '', floatLayers: this.chosen }),
    );
    const head = QUANTIZER_COLUMNS.map(({ name, explained }) =>
      element('th', { scope: 'col', title: explained }, name),
    );
    this.table = element(
      'details',
      {},
      this.count,
      element(
        'div',
        { class: 'wide' },
        element('table', { class: 'quantizers' }, element('thead', {}, element('tr', {}, ...head)), this.rows),
      ),
    );
    this.root = element(
      'section',
      { class: 'quantization', hidden: '' },
      element('h2', {}, 'Quantization'),
      this.facts,
      this.layers,
      element('div', { class: 'actions' }, this.again),
      this.table,
    );
    this.layers.addEventListener('change', () => this.offer());
  }

  draw(state: RunState, alive: boolean): void {
    const { calibrated, quantizers, sensitivity } = state;
    this.root.hidden = state.run?.options.quantization === undefined || (!alive && !calibrated);
    this.table.hidden = !quantizers;
    setText(this.facts, factsOf(state));
    this.again.dataset['offered'] = String(!alive && state.run?.options.parent !== undefined);
    if (sensitivity && this.drawnLayers !== sensitivity.step) {
      this.drawnLayers = sensitivity.step;
      this.drawLayers(sensitivity, state.run?.options.quantization?.floatLayers ?? []);
    }
    this.offer();
    if (!quantizers || !calibrated || this.drawnTable === quantizers.step) return;
    this.drawnTable = quantizers.step;
    const active = quantizers.quantizers.filter(({ activeSince }) => activeSince !== undefined).length;
    setText(
      this.count,
      `${active} of ${formatCount(quantizers.quantizers.length, 'quantizer')} active after step ${quantizers.step}`,
    );
    this.rows.replaceChildren(
      ...quantizers.quantizers.map((row) =>
        element(
          'tr',
          { 'data-kind': row.kind },
          ...QUANTIZER_COLUMNS.map(({ value }) => element('td', {}, value(row))),
        ),
      ),
    );
  }

  private drawLayers({ layers, pictures }: NonNullable<RunState['sensitivity']>, inFloat: readonly string[]): void {
    const costliest = [...layers].sort((a, b) => b.lossIncrease - a.lossIncrease).slice(0, SHOWN);
    // The longest bar; never zero, which every width is divided by.
    const most = Math.max(1e-9, ...costliest.map(({ lossIncrease }) => lossIncrease));
    this.layers.replaceChildren(
      element(
        'p',
        { class: 'hint' },
        `What rounding one layer alone costs: how much the loss rises on ${formatCount(pictures, 'picture')}, and on how many of them the network then names someone else.`,
      ),
      ...costliest.map((one) => layerLine(one, most, inFloat.includes(one.layer))),
    );
  }

  private get chosen(): string[] {
    return [...this.layers.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value);
  }

  /** Training again is offered once the run has ended, and with a choice made: `draw` knows the one, a change of a box the other. */
  private offer(): void {
    this.again.hidden = this.again.dataset['offered'] !== 'true' || this.chosen.length === 0;
  }
}

/** A layer that can be chosen to stay in float, with its cost as a bar; a layer that helps when it is rounded has none. */
function layerLine({ layer, lossIncrease, changed }: Layer, most: number, inFloat: boolean): HTMLElement {
  const box = element('input', { type: 'checkbox', value: layer, ...(inFloat ? { checked: '' } : {}) });
  const bar = element('span', { class: 'bar' });
  bar.style.width = `${(100 * Math.max(0, lossIncrease)) / most}%`; // the page's policy forbids the attribute
  return element(
    'label',
    { class: 'layer' },
    box,
    element('span', { class: 'name' }, layer),
    element('span', { class: 'track' }, bar),
    element('span', { class: 'cost' }, `${lossIncrease < 0 ? '−' : '+'}${Math.abs(lossIncrease).toFixed(4)}`),
    element('span', { class: 'changed' }, changed === 0 ? '' : formatCount(changed, 'picture')),
  );
}

function factsOf(state: RunState): string {
  const { calibrated } = state;
  if (!calibrated) return 'Not started yet: the network still trains in float.';
  const best = bestOf(state.epochs.filter(({ activeQuantizers = 0 }) => activeQuantizers > 0));
  const facts = [
    `float ${formatPercent(calibrated.floatValAccuracy)}`,
    `rounded without training ${formatPercent(calibrated.postTrainingValAccuracy)}`,
  ];
  if (best) facts.push(`quantization-aware ${formatPercent(best.valAccuracy)}`);
  return `${METRIC_WORDS[metricOf(state)].name}: ${facts.join('  ·  ')}`;
}
