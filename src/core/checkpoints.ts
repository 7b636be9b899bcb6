import type { EventOf } from '../protocol/runEvents.js';
import { bestEpoch, type RunState } from './runState.js';

type Checkpoint = Pick<EventOf<'checkpoint'>, 'path' | 'epoch' | 'step' | 'best'>;

/** What people choose a checkpoint by. */
export interface CheckpointFacts {
  /** "Epoch 4"; "Step 52, in epoch 5" for one that a stop wrote inside an epoch. */
  readonly title: string;
  /** Its validation; undefined for one inside an epoch, which has none. */
  readonly validated: EventOf<'epoch'> | undefined;
  /** Of those with a validation. */
  readonly best: boolean;
}

export function checkpointFacts(state: RunState, checkpoint: Checkpoint): CheckpointFacts {
  const title = checkpointTitle(checkpoint);
  if (isInsideEpoch(checkpoint)) return { title, validated: undefined, best: false };
  const validated = state.epochs.find((e) => e.epoch === checkpoint.epoch);
  return { title, validated, best: validated !== undefined && validated === bestEpoch(state) };
}

export function checkpointTitle(checkpoint: Pick<Checkpoint, 'path' | 'epoch' | 'step'>): string {
  const { epoch, step } = checkpoint;
  return isInsideEpoch(checkpoint) ? `Step ${step.toLocaleString('en-US')}, in epoch ${epoch + 1}` : `Epoch ${epoch}`;
}

/** The name says it: `checkpoints/step-000052` is one of a stop, `checkpoints/epoch-0004` one of a whole epoch. */
function isInsideEpoch({ path }: Pick<Checkpoint, 'path'>): boolean {
  return /(^|\/)step-\d+$/.test(path);
}

/** Inside the epoch that is trained: the newest, and one before it in case it is damaged. */
const INSIDE_EPOCH = 2;

/**
 * The one rule of which checkpoints stay: of those of whole epochs the newest few and the best one, of those inside an epoch the
 * last two, until the epoch is finished. In the order in which they were written.
 */
export function keptCheckpoints<Some extends Pick<Checkpoint, 'best' | 'path'>>(
  written: readonly Some[],
  newest: number,
): Some[] {
  const whole = written.filter((checkpoint) => !isInsideEpoch(checkpoint));
  const best = whole.findLast((checkpoint) => checkpoint.best);
  const stay = new Set([...whole.slice(-newest), ...(best ? [best] : [])]);
  const last = whole.at(-1);
  const inside = written.slice(last ? written.indexOf(last) + 1 : 0).slice(-INSIDE_EPOCH);
  return written.filter((checkpoint) => stay.has(checkpoint) || inside.includes(checkpoint));
}
