import { MARK_WORDS } from '../src/core/markWords.js';
import type { RunState } from '../src/core/runState.js';
import type { Place, View } from './axis.js';

export interface Mark {
  readonly x: number;
  readonly text: string;
}

const STAGE = { head: 'last layer', all: 'every layer' } as const;

/**
 * Where something else begins, in the order of the axis; what begins together is one mark.
 *
 * @param offset where the run itself begins: behind its parent
 * @param goesOn whether it has a parent
 */
export function marksOf(state: RunState, view: View, offset: Place, goesOn: boolean): Mark[] {
  // Between two steps, or two epochs: what is named there begins with the next.
  const at = (step: number, epoch: number) => (view === 'step' ? offset.step + step + 0.5 : offset.epoch + epoch - 0.5);
  const found = [
    // A run that begins with every layer has nothing to mark.
    ...state.stages.slice(1).map((s) => ({ x: at(s.step, s.epoch), text: STAGE[s.name] })),
    ...(goesOn ? [{ x: at(0, 1), text: 'fine-tuning' }] : []),
    ...state.marks.map((m) => ({ x: at(m.step, m.epoch), text: MARK_WORDS[m.name].short })),
  ];
  const byPlace = new Map<number, string[]>();
  for (const { x, text } of found) byPlace.set(x, [...(byPlace.get(x) ?? []), text]);
  return [...byPlace].sort(([a], [b]) => a - b).map(([x, texts]) => ({ x, text: texts.join(' + ') }));
}
