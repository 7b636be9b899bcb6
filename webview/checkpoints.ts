import type { EventOf } from '../src/protocol/runEvents.js';
import { checkpointFacts, keptCheckpoints } from '../src/core/checkpoints.js';
import { formatPercent } from '../src/core/format.js';
import { METRIC_WORDS, metricOf } from '../src/core/metricWords.js';
import type { RunState } from '../src/core/runState.js';
import type { PanelMessage } from '../src/protocol/panel.js';
import { button, element } from './dom.js';

/** What can be done with the network as it was after an epoch. Only those that are kept are shown. */
export class Checkpoints {
  readonly root: HTMLElement;
  private readonly list = element('ul', { class: 'checkpoints' });
  /** What the list was made of: it changes once an epoch, and is asked to draw with every step. */
  private drawn = '';

  constructor(private readonly post: (message: PanelMessage) => void) {
    this.root = element('section', { hidden: '' }, element('h2', {}, 'Checkpoints'), this.list);
  }

  draw(state: RunState, alive: boolean): void {
    const rows = rowsOf(state);
    const quantized = state.run?.options.quantization !== undefined;
    this.root.hidden = rows.length === 0;
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
      {
        appearance: 'secondary',
        title: 'Makes the network small: int8, a quarter of the size, for phones and microcontrollers.',
        'data-checkpoint': checkpoint,
        ...(disabled ? { disabled: '' } : {}),
      },
      () => this.post({ type: 'quantize', checkpoint, floatLayers: [] }),
    );
  }
}

/** The newest first. */
function rowsOf(state: RunState): { readonly path: string; readonly words: string }[] {
  const kept = keptCheckpoints(state.checkpoints, state.run?.options.keepCheckpoints ?? 0);
  return kept.toReversed().map((checkpoint) => ({ path: checkpoint.path, words: wordsOf(checkpoint, state) }));
}

function wordsOf(checkpoint: EventOf<'checkpoint'>, state: RunState): string {
  const { title, validated, best } = checkpointFacts(state, checkpoint);
  if (!validated) return `${title} – not validated`;
  const reached = `${METRIC_WORDS[metricOf(state)].clause} ${formatPercent(validated.valAccuracy)}`;
  return [title, reached, ...(best ? ['best'] : [])].join('  ·  ');
}
