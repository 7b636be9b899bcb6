import { epochColumns } from '../src/core/epochColumns.js';
import { metricOf, measuredWords } from '../src/core/metricWords.js';
import { bestEpoch, type RunState } from '../src/core/runState.js';
import { element, setText } from './dom.js';

/** The charts' numbers, epoch by epoch, the newest first. */
export class EpochTable {
  readonly root: HTMLElement;
  private readonly header = element('tr', {});
  private readonly rows = element('tbody');
  private readonly table = element('table', { 'aria-label': 'Epochs' }, element('thead', {}, this.header), this.rows);
  private readonly hint = element('p', { class: 'hint' });
  /** Those of the epochs so far, the oldest first; a line that stands never changes but in being the best. */
  private readonly lines: HTMLElement[] = [];

  constructor() {
    this.root = element(
      'section',
      { class: 'epochs' },
      element('h2', {}, 'Epochs'),
      element('div', { class: 'wide' }, this.table),
      this.hint,
    );
  }

  draw(state: RunState, alive: boolean): void {
    const best = bestEpoch(state)?.epoch;
    this.table.hidden = state.epochs.length === 0;
    const none = alive ? 'The first line appears when the first epoch has been validated.' : 'No epoch was finished.';
    setText(this.hint, state.epochs.length === 0 ? none : '');
    const last = state.epochs.at(-1);
    const measured = last && measuredWords(last);
    if (measured !== undefined) setText(this.hint, `Epoch ${last!.epoch}: ${measured}`);
    const columns = epochColumns(metricOf(state), last?.strangers !== undefined);
    this.drawHeader(columns.map(([name]) => name));
    for (const epoch of state.epochs.slice(this.lines.length)) {
      const line = element('tr', {}, ...columns.map(([, value]) => element('td', {}, value(epoch))));
      line.dataset['epoch'] = String(epoch.epoch);
      this.lines.push(line);
      this.rows.prepend(line);
    }
    for (const line of this.lines) line.classList.toggle('best', line.dataset['epoch'] === String(best));
  }

  /** A run shows from its first epoch on what it measures. */
  private drawHeader(names: readonly string[]): void {
    if (this.header.children.length !== names.length)
      this.header.replaceChildren(...names.map(() => element('th', { scope: 'col' })));
    for (const [i, name] of names.entries()) setText(this.header.children[i]!, name);
  }

  /** A snapshot replaces everything. */
  clear(): void {
    for (const line of this.lines.splice(0)) line.remove();
  }
}
