import type { Liveness, RunPhase } from '../protocol/panel.js';
import { FIELD_OF } from '../protocol/eventFields.js';
import type { EventOf, RunEvent, RunState } from '../protocol/runEvents.js';
import { bestOf } from './best.js';
import { isFromOutside } from './isFromOutside.js';
import { goneOn } from './goneOn.js';

export type { RunState };

export function emptyRunState(): RunState {
  return { stages: [], steps: [], epochs: [], checkpoints: [], marks: [], warnings: [], resumptions: [] };
}

/** Adds one event. The arrays are appended to in place: a run has many steps, and its owner holds one state. */
export function reduceRun(state: RunState, event: RunEvent): RunState {
  const field = FIELD_OF.get(event.type);
  if (field === undefined) return state;
  if (event.type === 'resumed') return goneOn(state, event);
  const kept = state[field];
  if (!Array.isArray(kept)) return { ...state, [field]: event };
  const events: RunEvent[] = kept;
  events.push(event);
  return state;
}

export function reduceAll(events: Iterable<RunEvent>, state = emptyRunState()): RunState {
  let result = state;
  for (const event of events) result = reduceRun(result, event);
  return result;
}

export function phaseOf(state: RunState, liveness: Liveness): RunPhase {
  if (state.failure) return isFromOutside(state.failure) ? 'interrupted' : 'failed';
  if (state.finished) return state.finished.reason;
  if (liveness.silence) return 'silent';
  if (!liveness.alive) return 'interrupted';
  if (liveness.stopping) return 'stopping';
  return state.steps.length > 0 ? 'training' : 'preparing';
}

export function totalSteps(state: RunState): number | undefined {
  if (!state.run || !state.dataset) return undefined;
  return state.dataset.stepsPerEpoch * state.run.options.epochs;
}

/** What a run holds its checkpoints against: the newest that was the best when it was written. */
export function bestCheckpoint(state: RunState): EventOf<'checkpoint'> | undefined {
  return state.checkpoints.findLast(({ best }) => best);
}

/** The epoch of the best checkpoint; of a run that has none yet, the best of its epochs. */
export function bestEpoch(state: RunState): EventOf<'epoch'> | undefined {
  const best = bestCheckpoint(state);
  return best ? state.epochs.find(({ epoch }) => epoch === best.epoch) : bestOf(state.epochs);
}
