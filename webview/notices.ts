import { brokeOff } from '../src/core/brokeOff.js';
import { formatCount } from '../src/core/format.js';
import type { RunState } from '../src/core/runState.js';
import type { Liveness, RunPhase } from '../src/protocol/panel.js';
import { element } from './dom.js';

/** What went wrong or deserves a look: failure, interruption, warnings, skipped files. */
export class Notices {
  readonly root = element('section', { class: 'notices', 'aria-live': 'polite' });
  /** What is shown. While it stays, nothing is replaced: a screen reader would read it again, and what is open would close. */
  private drawn = '';

  draw(state: RunState, phase: RunPhase, { silence }: Liveness): void {
    // Warnings are only ever added: their number says which they are.
    const key = `${phase} ${state.warnings.length} ${state.failure?.message ?? ''} ${silence?.message ?? ''} ${state.dataset?.skippedCount ?? 0}`;
    if (key === this.drawn) return;
    this.drawn = key;
    this.root.replaceChildren(
      ...(state.failure ? [notice('error', state.failure.message, state.failure.advice)] : []),
      ...(silence && phase === 'silent' ? [notice('warning', silence.message, silence.advice)] : []),
      ...(phase === 'interrupted' && !state.failure ? [unexplained(state)] : []),
      ...state.warnings.map((w) => notice('warning', w.message, w.advice)),
      ...skipped(state),
    );
  }
}

/** Nobody who may write into its folder has looked why yet. */
function unexplained({ checkpoints, run }: RunState): HTMLElement {
  const { message, advice } = brokeOff(
    { by: 'nothing' },
    { newest: checkpoints.at(-1), epochs: run?.options.epochs ?? 0 },
  );
  return notice('warning', message, advice);
}

/** An error interrupts what a screen reader says (`alert`); a warning waits for its end, as the section's `aria-live` has it. */
function notice(kind: 'error' | 'warning', message: string, advice: string): HTMLElement {
  return element(
    'div',
    { class: `notice ${kind}`, role: kind === 'error' ? 'alert' : 'note' },
    element('strong', {}, message),
    ' ',
    advice,
  );
}

/** Files of the dataset that were left out. The log has the first hundred, and how many there are. */
function skipped(state: RunState): HTMLElement[] {
  const data = state.dataset;
  if (!data || data.skippedCount === 0) return [];
  const items = data.skipped.map(({ file, reason }) => element('li', {}, element('code', {}, file), ` ${reason}`));
  const more = data.skippedCount - data.skipped.length;
  if (more > 0)
    items.push(element('li', {}, `and ${more.toLocaleString('en-US')} more, in skipped.json of the run folder`));
  return [
    element(
      'details',
      {},
      element('summary', {}, `${formatCount(data.skippedCount, 'file')} skipped`),
      element('ul', {}, ...items),
    ),
  ];
}
