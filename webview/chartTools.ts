import type { Shown } from './axis.js';
import { element, setText } from './dom.js';

/** The end of the scale of smoothing. */
const MOST = 0.99;

/** What the toolbar changes. */
export interface ToolActions {
  smooth(smoothing: number): void;
  log(on: boolean): void;
  reset(): void;
}

/** The toolbar of both charts. */
export class ChartTools {
  readonly root: HTMLElement;
  private readonly smoothing = document.createElement('input');
  private readonly value = element('output', { class: 'number' });
  private readonly smoothingLabel = element('label', { class: 'smoothing' }, 'Smoothing', this.smoothing, this.value);
  private readonly log: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;

  constructor(actions: ToolActions, ...more: readonly HTMLElement[]) {
    const { smoothing } = this;
    Object.assign(smoothing, { type: 'range', min: '0', max: String(MOST), step: '0.01', id: 'smoothing' });
    smoothing.title = 'How wide the mean around each step is, as a share of what is shown. The pale line is each step.';
    smoothing.addEventListener('input', () => actions.smooth(smoothing.valueAsNumber));
    const log = toolButton('Log', 'log', 'Loss on a logarithmic axis (L)', () =>
      actions.log(log.getAttribute('aria-pressed') !== 'true'),
    );
    this.log = log;
    this.reset = toolButton('Reset', 'reset', 'Show all steps (0, or a double click)', () => actions.reset());
    this.root = element(
      'div',
      { class: 'chartTools', role: 'toolbar', 'aria-label': 'Charts' },
      this.smoothingLabel,
      this.log,
      this.reset,
      ...more,
    );
  }

  draw({ view, range, smoothing, log }: Shown): void {
    this.smoothingLabel.hidden = view === 'epoch';
    this.smoothing.value = String(smoothing);
    setText(this.value, smoothing.toFixed(2));
    this.log.setAttribute('aria-pressed', String(log));
    this.reset.disabled = !range;
  }
}

export function toolButton(text: string, id: string, title: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', className: 'tool', id, title, textContent: text });
  made.addEventListener('click', onClick);
  return made;
}
