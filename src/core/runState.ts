import type { EventOf, RunEvent } from '../protocol/runEvents.js';
import type { Liveness, RunPhase } from '../protocol/panel.js';

/** A run as its log tells it: the fold of every event so far. Panels, status bar, terminal and report are drawn from it. */
export interface RunState {
  readonly run: EventOf<'run'> | undefined;
  readonly dataset: EventOf<'dataset'> | undefined;
  readonly engine: EventOf<'engine'> | undefined;
  readonly stages: EventOf<'stage'>[];
  readonly steps: EventOf<'step'>[];
  readonly epochs: EventOf<'epoch'>[];
  readonly checkpoints: EventOf<'checkpoint'>[];
  readonly marks: EventOf<'mark'>[];
  readonly calibrated: EventOf<'calibrated'> | undefined;
  /** The newest table, and the newest measurement of the layers. */
  readonly quantizers: EventOf<'quantizers'> | undefined;
  readonly sensitivity: EventOf<'sensitivity'> | undefined;
  readonly warnings: EventOf<'warning'>[];
  readonly failure: EventOf<'failure'> | undefined;
  readonly finished: EventOf<'finished'> | undefined;
}

export function emptyRunState(): RunState {
  return {
    run: undefined,
    dataset: undefined,
    engine: undefined,
    stages: [],
    steps: [],
    epochs: [],
    checkpoints: [],
    marks: [],
    calibrated: undefined,
    quantizers: undefined,
    sensitivity: undefined,
    warnings: [],
    failure: undefined,
    finished: undefined,
  };
}

/** Adds one event. The arrays are appended to in place: a run has many steps, and its owner holds one state. */
export function reduceRun(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'run':
      return { ...state, run: event };
    case 'dataset':
      return { ...state, dataset: event };
    case 'engine':
      return { ...state, engine: event };
    case 'stage':
      state.stages.push(event);
      return state;
    case 'step':
      state.steps.push(event);
      return state;
    case 'epoch':
      state.epochs.push(event);
      return state;
    case 'checkpoint':
      state.checkpoints.push(event);
      return state;
    case 'mark':
      state.marks.push(event);
      return state;
    case 'calibrated':
      return { ...state, calibrated: event };
    case 'quantizers':
      return { ...state, quantizers: event };
    case 'sensitivity':
      return { ...state, sensitivity: event };
    case 'warning':
      state.warnings.push(event);
      return state;
    case 'failure':
      return { ...state, failure: event };
    case 'finished':
      return { ...state, finished: event };
  }
}

export function reduceAll(events: Iterable<RunEvent>, state = emptyRunState()): RunState {
  let result = state;
  for (const event of events) result = reduceRun(result, event);
  return result;
}

export function phaseOf(state: RunState, liveness: Liveness): RunPhase {
  if (state.failure) return 'failed';
  if (state.finished) return state.finished.reason;
  if (!liveness.alive) return 'interrupted';
  if (liveness.stopping) return 'stopping';
  return state.steps.length > 0 ? 'training' : 'preparing';
}

/** The epoch with the highest validation accuracy; the earlier one of equals. */
export function bestEpoch(state: RunState): EventOf<'epoch'> | undefined {
  let best: EventOf<'epoch'> | undefined;
  for (const epoch of state.epochs) if (!best || epoch.valAccuracy > best.valAccuracy) best = epoch;
  return best;
}

export function totalSteps(state: RunState): number | undefined {
  if (!state.run || !state.dataset) return undefined;
  return state.dataset.stepsPerEpoch * state.run.options.epochs;
}
