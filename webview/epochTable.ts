import { epochColumns } from '../src/core/epochColumns.js';
import { metricOf, measuredWords } from '../src/core/metricWords.js';
import { bestEpoch, type RunState } from '../src/core/runState.js';
import { element, setText } from './dom.js';
import { GRID, GRID_CELL, GRID_ROW } from './toolkit.js';

/** The charts' numbers, epoch by epoch, the newest first. */
export class EpochTable {
  readonly root: HTMLElement;
  private readonly grid = element(GRID, { 'aria-label': 'Epochs' });
  private readonly hint = element('p', { class: 'hint' });
  private header = row([], 'header');
  /** Those of the epochs so far, the oldest first; a line that stands never changes but in being the best. */
  private readonly lines: HTMLElement[] = [];

  constructor() {
    this.root = element(
      'section',
      { class: 'epochs' },
      element('h2', {}, 'Epochs'),
      element('div', { class: 'wide' }, this.grid),
      this.hint,
    );
    this.grid.append(this.header);
  }

  draw(state: RunState, alive: boolean): void {
    const best = bestEpoch(state)?.epoch;
    this.grid.hidden = state.epochs.length === 0;
    const none = alive ? 'The first line appears when the first epoch has been validated.' : 'No epoch was finished.';
    setText(this.hint, state.epochs.length === 0 ? none : '');
    const last = state.epochs.at(-1);
    const measured = last && measuredWords(last);
    if (measured !== undefined) setText(this.hint, `Epoch ${last!.epoch}: ${measured}`);
    const columns = epochColumns(metricOf(state), last?.strangers !== undefined);
    this.drawHeader(columns.map(([name]) => name));
    for (const epoch of state.epochs.slice(this.lines.length)) {
      const line = row(
        columns.map(([, value]) => value(epoch)),
        'default',
      );
      line.dataset['epoch'] = String(epoch.epoch);
      this.lines.push(line);
      this.header.after(line);
    }
    for (const line of this.lines) line.classList.toggle('best', line.dataset['epoch'] === String(best));
  }

  /** A run shows from its first epoch on what it measures. */
  private drawHeader(names: readonly string[]): void {
    if (this.header.children.length !== names.length) {
      const header = row(names, 'header');
      this.header.replaceWith(header);
      this.header = header;
      this.grid.setAttribute('grid-template-columns', names.map(() => '1fr').join(' '));
    }
    for (const [i, name] of names.entries()) setText(this.header.children[i]!, name);
  }

  /** A snapshot replaces everything. */
  clear(): void {
    for (const line of this.lines.splice(0)) line.remove();
  }
}

function row(cells: readonly string[], type: 'header' | 'default'): HTMLElement {
  const cellType = type === 'header' ? 'columnheader' : 'default';
  const made = cells.map((text, i) =>
    element(GRID_CELL, { 'cell-type': cellType, 'grid-column': String(i + 1) }, text),
  );
  return element(GRID_ROW, { 'row-type': type }, ...made);
}
