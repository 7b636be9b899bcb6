import { METRIC_WORDS, metricOf } from '../src/core/metricWords.js';
import { emptyRunState, type RunState } from '../src/core/runState.js';
import type { Place, Quantity, View } from './axis.js';
import { marksOf, type Mark } from './marks.js';
import { Series, type Point } from './series.js';

/** A level that others are held against: from `x` on. */
export interface Level {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** The lines of one chart. */
export interface Curves {
  /** What is drawn of the steps, and how many there are; none in the view by epoch. */
  readonly steps: readonly Point[];
  readonly stepCount: number;
  readonly training: readonly Point[];
  readonly validation: readonly Point[];
  /** What the validation's line is called: an accuracy of another kind than training's has the name of its metric. */
  readonly validationName: string;
  /** Where something else begins. */
  readonly marks: readonly Mark[];
  readonly levels: readonly Level[];
}

/** The run that another one goes on from, up to its checkpoint. */
export interface Parent extends Place {
  readonly state: RunState;
  readonly checkpoint: string;
}

const NO_PARENT: Parent = { state: emptyRunState(), checkpoint: '', step: 0, epoch: 0 };

/** The curves of a run, its own behind those of its parent. Holds on to what it has read of the steps, as they only grow. */
export class RunCurves {
  private readonly before: Record<Quantity, Series>;
  private readonly own = { loss: new Series(), accuracy: new Series() };

  constructor(private readonly parent: Parent = NO_PARENT) {
    this.before = { loss: new Series(), accuracy: new Series() };
    readOn(this.before.loss, parent.state, 'loss', 0);
    readOn(this.before.accuracy, parent.state, 'accuracy', 0);
  }

  /** @param state of the same run in every call: the steps that it had before are not looked at again */
  of(state: RunState, quantity: Quantity, view: View): Curves {
    const { parent } = this;
    const [before, own] = [this.before[quantity], this.own[quantity]];
    readOn(own, state, quantity, parent.step);
    const epochs = (run: RunState, offset: number) => epochPoints(run, quantity, view, offset);
    const [past, present] = [epochs(parent.state, 0), epochs(state, parent[view])];
    const bySteps = view === 'step';
    return {
      steps: bySteps ? [...before.points(), ...own.points()] : [],
      stepCount: bySteps ? before.length + own.length : 0,
      training: bySteps ? [...before.average(), ...own.average()] : [...past.training, ...present.training],
      validation: [...past.validation, ...present.validation],
      validationName: quantity === 'accuracy' ? nameOfValidation(state) : 'Validation',
      marks: marksOf(state, view, parent, parent !== NO_PARENT),
      levels: quantity === 'accuracy' ? levelsOf(state, view, parent) : [],
    };
  }
}

function nameOfValidation(state: RunState): string {
  const metric = metricOf(state);
  return metric === 'accuracy' ? 'Validation' : METRIC_WORDS[metric].name;
}

function readOn(series: Series, { steps }: RunState, quantity: Quantity, offset: number): void {
  for (let i = series.length; i < steps.length; i++) series.append(offset + steps[i]!.step, steps[i]![quantity]);
}

/** The ends of the epochs, on either axis; validation only where it was made. */
function epochPoints(
  { epochs }: RunState,
  quantity: Quantity,
  view: View,
  offset: number,
): Pick<Curves, 'training' | 'validation'> {
  const training = epochs.map((e) => ({ x: offset + e[view], y: e[quantity] }));
  const validation = epochs.flatMap((e) => {
    const y = quantity === 'loss' ? e.valLoss : e.valAccuracy;
    return y === undefined ? [] : [{ x: offset + e[view], y }];
  });
  return { training, validation };
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
