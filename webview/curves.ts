import { emptyRunState, type RunState } from '../src/core/runState.js';
import { marksOf, type Mark } from './marks.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A level that others are held against: from `x` on. */
export interface Level {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** The lines of one chart. */
export interface Curves {
  /** Every step's value; empty in the view by epoch. */
  readonly steps: readonly Point[];
  readonly training: readonly Point[];
  readonly validation: readonly Point[];
  /** Where something else begins. */
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
}

/** The run that another one goes on from, up to its checkpoint. */
export interface Parent {
  readonly state: RunState;
  readonly checkpoint: string;
  readonly step: number;
  readonly epoch: number;
}

export type View = 'step' | 'epoch';
export type Quantity = 'loss' | 'accuracy';

const NO_PARENT: Parent = { state: emptyRunState(), checkpoint: '', step: 0, epoch: 0 };

/** The parent's curves, and the run's own behind them. */
export function curvesOf(state: RunState, quantity: Quantity, view: View, parent: Parent = NO_PARENT): Curves {
  const before = linesOf(parent.state, quantity, view, 0);
  const own = linesOf(state, quantity, view, parent[view]);
  return {
    steps: [...before.steps, ...own.steps],
    training: [...before.training, ...own.training],
    validation: [...before.validation, ...own.validation],
    marks: marksOf(state, view, parent, parent !== NO_PARENT),
    levels: quantity === 'accuracy' ? levelsOf(state, view, parent) : [],
  };
}

/** What the network did in float, and rounded without training, when its ranges were found. */
function levelsOf({ calibrated, marks }: RunState, view: View, parent: Parent): Level[] {
  if (!calibrated) return [];
  const epoch = marks.find(({ name }) => name === 'calibration')?.epoch ?? 1;
  const x = view === 'step' ? parent.step + calibrated.step : parent.epoch + epoch - 1;
  return [
    { x, y: calibrated.floatValAccuracy, text: 'float' },
    { x, y: calibrated.postTrainingValAccuracy, text: 'post-training' },
  ];
}

function linesOf(
  state: RunState,
  quantity: Quantity,
  view: View,
  offset: number,
): Pick<Curves, 'steps' | 'training' | 'validation'> {
  const validation = state.epochs.flatMap((e) => {
    const y = quantity === 'loss' ? e.valLoss : e.valAccuracy;
    return y === undefined ? [] : [{ x: offset + e[view], y }];
  });
  if (view === 'epoch') {
    const training = state.epochs.map((e) => ({ x: offset + e.epoch, y: e[quantity] }));
    return { steps: [], training, validation };
  }
  const steps = state.steps.map((s) => ({ x: offset + s.step, y: s[quantity] }));
  return { steps, training: smooth(steps), validation };
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
