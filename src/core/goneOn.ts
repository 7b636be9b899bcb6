import type { EventOf, RunState } from '../protocol/runEvents.js';

/** How it ended, and what only the newest is kept of. */
const TOLD_AGAIN = ['failure', 'finished', 'calibrated', 'quantizers', 'sensitivity'] as const;

/**
 * The state of a run that goes on from a checkpoint: what was told of later steps is forgotten, and how it ended before. Of what
 * only the newest is kept of, the newest before the checkpoint is told again.
 *
 * @param state changed in place, as by every event
 */
export function goneOn(state: RunState, event: EventOf<'resumed'>): RunState {
  dropFrom(state.steps, ({ step }) => step > event.step);
  dropFrom(state.epochs, ({ epoch }) => epoch > event.epoch);
  dropFrom(state.checkpoints, ({ step, epoch }) => step > event.step || epoch > event.epoch);
  state.stages.splice(event.stages);
  state.marks.splice(event.marks);
  state.resumptions.push(event);
  const { run } = state;
  const { pid, processStart, epochs } = event;
  const again = run && { ...run, pid, processStart, options: { ...run.options, epochs } };
  const kept = { ...state, ...(again && { run: again }) };
  for (const field of TOLD_AGAIN) Reflect.deleteProperty(kept, field);
  return kept;
}

/** They stand in the order in which they were told: all from the first one on that holds no longer. */
function dropFrom<T>(events: T[], isGone: (event: T) => boolean): void {
  const first = events.findIndex(isGone);
  if (first >= 0) events.splice(first);
}
