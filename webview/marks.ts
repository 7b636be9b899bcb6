import type { RunState } from '../src/core/runState.js';
import type { View } from './curves.js';

export interface Mark {
  readonly x: number;
  readonly text: string;
}

const STAGE = { head: 'last layer', all: 'every layer' } as const;
const SWITCHED_ON = {
  calibration: 'calibrated',
  weights: 'kernels int8',
  activations: 'activations int8',
  batchNormFrozen: 'batch norm frozen',
  rangesFrozen: 'ranges frozen',
} as const;

/** Where something else begins, in the order of the axis; what begins together is one mark. */
export function marksOf(state: RunState, view: View, offset: { step: number; epoch: number }, goesOn: boolean): Mark[] {
  const at = (step: number, epoch: number) => (view === 'step' ? offset.step + step + 0.5 : offset.epoch + epoch - 0.5);
  const found = [
    // A run that begins with every layer has nothing to mark.
    ...state.stages.slice(1).map((s) => ({ x: at(s.step, s.epoch), text: STAGE[s.name] })),
    ...(goesOn ? [{ x: at(0, 1), text: 'fine-tuning' }] : []),
    ...state.marks.map((m) => ({ x: at(m.step, m.epoch), text: SWITCHED_ON[m.name] })),
  ];
  const byPlace = new Map<number, string[]>();
  for (const { x, text } of found) byPlace.set(x, [...(byPlace.get(x) ?? []), text]);
  return [...byPlace].sort(([a], [b]) => a - b).map(([x, texts]) => ({ x, text: texts.join(' + ') }));
}
