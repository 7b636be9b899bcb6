import type { RunState } from '../src/core/runState.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The lines of one chart. */
export interface Curves {
  /** Every step's value; empty in the view by epoch. */
  readonly steps: readonly Point[];
  readonly training: readonly Point[];
  readonly validation: readonly Point[];
  /** Where something else begins. */
  readonly marks: readonly Mark[];
}

export interface Mark {
  readonly x: number;
  readonly text: string;
}

export type View = 'step' | 'epoch';
export type Quantity = 'loss' | 'accuracy';

const STAGE = { head: 'last layer', all: 'every layer' } as const;

export function curvesOf(state: RunState, quantity: Quantity, view: View): Curves {
  const x = view === 'step' ? 'step' : 'epoch';
  const validation = state.epochs.flatMap((e) => {
    const y = quantity === 'loss' ? e.valLoss : e.valAccuracy;
    return y === undefined ? [] : [{ x: e[x], y }];
  });
  // A run that begins with every layer has nothing to mark.
  const marks = state.stages
    .slice(1)
    .map((s) => ({ x: view === 'step' ? s.step + 0.5 : s.epoch - 0.5, text: STAGE[s.name] }));
  if (view === 'epoch')
    return { steps: [], training: state.epochs.map((e) => ({ x: e.epoch, y: e[quantity] })), validation, marks };
  const steps = state.steps.map((s) => ({ x: s.step, y: s[quantity] }));
  return { steps, training: smooth(steps), validation, marks };
}

/**
 * Exponential moving average over about a thirtieth of the run, without the pull towards its start (the bias
 * correction of Adam). A short run is drawn as it is.
 */
export function smooth(points: readonly Point[]): Point[] {
  const keep = 1 - 1 / Math.max(1, points.length / 30);
  let sum = 0;
  let weight = 0;
  return points.map(({ x, y }) => {
    sum = sum * keep + y * (1 - keep);
    weight = weight * keep + (1 - keep);
    return { x, y: sum / weight };
  });
}
