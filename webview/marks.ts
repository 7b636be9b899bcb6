import { MARK_WORDS } from '../src/core/markWords.js';
import type { RunState } from '../src/core/runState.js';
import type { Place, View } from './axis.js';

export interface Mark {
  readonly x: number;
  readonly text: string;
  /** What it means, in a sentence: "every layer: from here all layers learn; a jump is normal". */
  readonly meaning: string;
}

const JUMP = 'a jump is normal';
const STAGE = {
  head: { text: 'last layer', meaning: 'from here the last layer learns alone' },
  all: { text: 'every layer', meaning: `from here all layers learn; ${JUMP}` },
} as const;
const FINE_TUNING = { text: 'fine-tuning', meaning: `from here another run goes on; ${JUMP}` };

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
    ...state.stages.slice(1).map((s) => ({ x: at(s.step, s.epoch), ...STAGE[s.name] })),
    ...(goesOn ? [{ x: at(0, 1), ...FINE_TUNING }] : []),
    ...state.marks.map((m) => ({ x: at(m.step, m.epoch), ...wordsOf(m.name) })),
  ];
  const byPlace = new Map<number, Omit<Mark, 'x'>[]>();
  for (const { x, ...words } of found) byPlace.set(x, [...(byPlace.get(x) ?? []), words]);
  return [...byPlace]
    .sort(([a], [b]) => a - b)
    .map(([x, words]) => ({
      x,
      text: words.map(({ text }) => text).join(' + '),
      meaning: words.map(({ text, meaning }) => `${text}: ${meaning}`).join('. '),
    }));
}

function wordsOf(name: RunState['marks'][number]['name']): Omit<Mark, 'x'> {
  const { short, clause } = MARK_WORDS[name];
  const jumps = name === 'weights' || name === 'activations';
  return { text: short, meaning: `from here ${clause}${jumps ? `; ${JUMP}` : ''}` };
}
