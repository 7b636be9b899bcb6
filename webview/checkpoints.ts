import type { EventOf } from '../src/protocol/runEvents.js';
import type { RunState } from '../src/core/runState.js';
import { formatPercent } from '../src/core/format.js';
import type { PanelMessage } from '../src/protocol/panel.js';
import { button, element } from './dom.js';

type Checkpoint = EventOf<'checkpoint'>;

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
    const rows = kept.map((checkpoint) => ({ path: checkpoint.path, words: wordsOf(checkpoint, state) }));
    const key = JSON.stringify([rows, quantized, alive]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.list.replaceChildren(
      ...rows.map(({ path, words }) =>
        element(
          'li',
          {},
          element('span', {}, words),
          element('span', { class: 'actions' }, ...this.buttons(path, quantized, alive)),
        ),
      ),
    );
  }

  private buttons(checkpoint: string, quantized: boolean, alive: boolean): HTMLElement[] {
    const secondary = (type: 'compare' | 'tryPicture' | 'export', text: string) =>
      button(text, { appearance: 'secondary', class: type }, () => this.post({ type, checkpoint }));
    return [
      quantized ? secondary('compare', 'Compare with Float') : this.quantizeButton(checkpoint, alive),
      secondary('tryPicture', 'Try a Picture…'),
      secondary('export', 'Export…'),
    ];
  }

  private quantizeButton(checkpoint: string, disabled: boolean): HTMLElement {
    return button(
      'Enable Quantization-Aware Fine-Tuning',
      { appearance: 'secondary', 'data-checkpoint': checkpoint, ...(disabled ? { disabled: '' } : {}) },
      () => this.post({ type: 'quantize', checkpoint, floatLayers: [] }),
    );
  }
}

/** The checkpoint of a run that was stopped lies inside an epoch, and was never validated: no epoch ends at its step. */
export function wordsOf(checkpoint: Checkpoint, state: RunState): string {
  const epoch = state.epochs.find(({ step }) => step === checkpoint.step);
  if (!epoch)
    return `Step ${checkpoint.step.toLocaleString('en-US')}, in epoch ${checkpoint.epoch + 1}  ·  not validated`;
  const words = [`Epoch ${epoch.epoch}`, `validation accuracy ${formatPercent(epoch.valAccuracy)}`];
  if (checkpoint === bestCheckpoint(state)) words.push('best');
  return words.join('  ·  ');
}

/** A run keeps its newest few, and the best one; the newest first. */
export function keptCheckpoints(state: RunState): Checkpoint[] {
  const keep = state.run?.options.keepCheckpoints ?? 0;
  const best = bestCheckpoint(state);
  const newest = state.checkpoints.slice(-keep);
  return [...new Set([...(best ? [best] : []), ...newest])].sort((a, b) => b.step - a.step);
}

/** The newest that was the best when it was written. */
function bestCheckpoint(state: RunState): Checkpoint | undefined {
  return state.checkpoints.findLast(({ best }) => best);
}
