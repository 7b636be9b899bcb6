import { METRIC_WORDS, metricOf } from '../src/core/metricWords.js';
import { byHeartFrom } from '../src/core/byHeart.js';
import { bestEpoch, emptyRunState, type RunState } from '../src/core/runState.js';
import type { Place, Quantity, Shown, View } from './axis.js';
import { sigmaOf } from './gaussian.js';
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
  /** The validation of the best epoch. */
  readonly best: Point | undefined;
  /** From where on only its own pictures are learned, by heart. */
  readonly byHeart: number | undefined;
  /** How far the axis reaches: to the newest step or epoch. */
  readonly end: number;
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
  of(state: RunState, quantity: Quantity, shown: Shown): Curves {
    const { parent } = this;
    const { view, range } = shown;
    const [before, own] = this.read(state, quantity);
    const epochs = (run: RunState, offset: number) => epochPoints(run, quantity, view, offset);
    const [past, present] = [epochs(parent.state, 0), epochs(state, parent[view])];
    const bySteps = view === 'step';
    const lines = bySteps ? linesOf([before, own], shown) : { steps: [], average: [] };
    const training = bySteps ? lines.average : [...past.training, ...present.training];
    const best = bestEpoch(state);
    const from = byHeartFrom(state.epochs, best);
    return {
      steps: lines.steps,
      stepCount: bySteps ? before.length + own.length : 0,
      training: bySteps ? training : within(training, range),
      validation: within([...past.validation, ...present.validation], range),
      validationName: quantity === 'accuracy' ? nameOfValidation(state) : 'Validation',
      marks: marksOf(state, view, parent, parent !== NO_PARENT),
      levels: quantity === 'accuracy' ? levelsOf(state, view, parent) : [],
      best: best && pointOf(best, quantity, view, parent[view]),
      byHeart: from && parent[view] + from[view],
      end: bySteps ? this.endOfSteps(state) : parent.epoch + (state.epochs.at(-1)?.epoch ?? 0),
    };
  }

  /** The step or the epoch next to a place, and the last validation up to it. */
  at(state: RunState, quantity: Quantity, view: View, x: number): Reading | undefined {
    const { parent } = this;
    const past = epochPoints(parent.state, quantity, view, 0);
    const present = epochPoints(state, quantity, view, parent[view]);
    const validations = [...past.validation, ...present.validation];
    const own =
      view === 'step'
        ? nearest(
            this.read(state, quantity).map((series) => series.nearest(x)),
            x,
          )
        : nearest([...past.training, ...present.training], x);
    return own && { own, validation: validations.findLast((point) => point.x <= own.x) };
  }

  private read(state: RunState, quantity: Quantity): [before: Series, own: Series] {
    readOn(this.own[quantity], state, quantity, this.parent.step);
    return [this.before[quantity], this.own[quantity]];
  }

  private endOfSteps({ steps }: RunState): number {
    return this.parent.step + (steps.at(-1)?.step ?? 0);
  }
}

/** What a place on the axis reads. */
export interface Reading {
  readonly own: Point;
  readonly validation: Point | undefined;
}

/** What is drawn of the steps: a run that goes on from another is smoothed by itself. */
function linesOf(all: readonly Series[], { range, smoothing }: Shown): { steps: Point[]; average: Point[] } {
  const width = range ? range.to - range.from : all.reduce((sum, { length }) => sum + length, 0);
  const sigma = sigmaOf(smoothing, width);
  const stretches = all.map((series) => [series, series.between(range?.from, range?.to)] as const);
  const steps = stretches.flatMap(([series, stretch]) => series.points(stretch));
  const average = stretches.flatMap(([series, stretch]) => series.average(stretch, sigma));
  return smoothing > 0 ? { steps, average } : { steps: [], average: steps };
}

/** The points between two places, and one more on either side. */
function within(points: readonly Point[], range: Shown['range']): Point[] {
  if (!range) return [...points];
  return points.filter(({ x }, i) => {
    const [before, after] = [points[i - 1]?.x ?? -Infinity, points[i + 1]?.x ?? Infinity];
    return (x >= range.from || after > range.from) && (x <= range.to || before < range.to);
  });
}

function nearest(points: readonly (Point | undefined)[], x: number): Point | undefined {
  let found: Point | undefined;
  for (const point of points) if (point && (!found || Math.abs(point.x - x) < Math.abs(found.x - x))) found = point;
  return found;
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
  const validation = epochs.flatMap((e) => pointOf(e, quantity, view, offset) ?? []);
  return { training, validation };
}

/** The validation of an epoch; a loss that was not finite is none. */
function pointOf(e: RunState['epochs'][number], quantity: Quantity, view: View, offset: number): Point | undefined {
  const y = quantity === 'loss' ? e.valLoss : e.valAccuracy;
  return y === undefined ? undefined : { x: offset + e[view], y };
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
