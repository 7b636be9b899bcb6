import { bestEpoch, type RunState } from '../src/core/runState.js';
import { formatPercent } from '../src/core/format.js';
import type { PanelMessage } from '../src/protocol/panel.js';
import { element } from './dom.js';
import { BUTTON } from './toolkit.js';

/** What can be done with the network as it was after an epoch. Only those that are kept are shown. */
export class Checkpoints {
  readonly root: HTMLElement;
  private readonly list = element('ul', { class: 'checkpoints' });
  private drawn = '';

  constructor(private readonly post: (message: PanelMessage) => void) {
    this.root = element('section', { hidden: '' }, element('h2', {}, 'Checkpoints'), this.list);
  }

  draw(state: RunState, alive: boolean): void {
    const kept = keptCheckpoints(state);
    const quantized = state.run?.options.quantization !== undefined;
    this.root.hidden = kept.length === 0;
    const key = JSON.stringify([kept.map(({ path }) => path), quantized, alive]);
    if (key === this.drawn) return;
    this.drawn = key;
    const best = bestEpoch(state)?.epoch;
    this.list.replaceChildren(
      ...kept.map(({ path, epoch }) => {
        const reached = state.epochs.find((e) => e.epoch === epoch)?.valAccuracy;
        const words = [`Epoch ${epoch}`, `validation accuracy ${formatPercent(reached)}`];
        if (epoch === best) words.push('best');
        return element(
          'li',
          {},
          element('span', {}, words.join('  ·  ')),
          element(
            'span',
            { class: 'actions' },
            quantized ? undefined : this.quantizeButton(path, alive),
            quantized ? this.button('compare', 'Compare with Float', path) : undefined,
            this.button('tryPicture', 'Try a Picture…', path),
            this.button('export', 'Export…', path),
          ),
        );
      }),
    );
  }

  private button(type: 'compare' | 'tryPicture' | 'export', text: string, checkpoint: string): HTMLElement {
    const button = element(BUTTON, { appearance: 'secondary', class: type }, text);
    button.addEventListener('click', () => this.post({ type, checkpoint }));
    return button;
  }

  private quantizeButton(checkpoint: string, disabled: boolean): HTMLElement {
    const button = element(
      BUTTON,
      { appearance: 'secondary', 'data-checkpoint': checkpoint, ...(disabled ? { disabled: '' } : {}) },
      'Enable Quantization-Aware Fine-Tuning',
    );
    button.addEventListener('click', () => this.post({ type: 'quantize', checkpoint, floatLayers: [] }));
    return button;
  }
}

/** A run keeps its newest few, and the best one; the newest first. */
function keptCheckpoints(state: RunState): RunState['checkpoints'] {
  const keep = state.run?.options.keepCheckpoints ?? 0;
  const newest = state.checkpoints.slice(-keep);
  const best = state.checkpoints.findLast((checkpoint) => checkpoint.best);
  return [...new Set([...(best ? [best] : []), ...newest])].sort((a, b) => b.step - a.step);
}
