import { hasGrown } from '../core/byHeart.js';
import { bestEpoch, type RunState } from '../core/runState.js';
import { metricOf } from '../core/metricWords.js';
import type { EventOf } from '../protocol/runEvents.js';
import type { Verdict } from '../protocol/verdict.js';
import { clopperPearson } from './bounds.js';

/** From so many new pictures on their share says how good a network is, about. */
const ENOUGH_PICTURES = 100;
/** Epochs over which a run that ended has to have become better, and by how much: so many pictures, and such a share of them. */
const RISING = { epochs: 3, pictures: 2, share: 0.02 };
/** Own pictures are told right so much more often than new ones where they are known by heart. */
const AHEAD = 0.15;

/**
 * What a run came to. Guesses are right as often as chance has it, one in so many people; a share that such luck may have brought, or
 * that is hardly above it, is no knowledge.
 *
 * @returns undefined before an epoch counted its new pictures, and of a student, whose validation counts none
 */
export function runVerdict(state: RunState): Verdict | undefined {
  const best = bestEpoch(state);
  const metric = metricOf(state);
  const last = state.epochs.at(-1);
  if (!best?.answers || !last || !state.run || !state.dataset || metric === 'cosine') return undefined;
  const { answers } = best;
  const values = {
    ...answers,
    metric,
    range: clopperPearson(answers.right, answers.pictures),
    own: last.accuracy,
    epochs: state.epochs.length,
    plannedEpochs: state.run.options.epochs,
  };
  const { reason } = state.finished ?? {};
  if (reason !== 'completed' && reason !== 'early') return { kind: 'learning', ...values };
  const chance = 1 / Math.max(1, state.dataset.people);
  const [low] = values.range;
  if (metric === 'accuracy' && low <= chance && answers.right / answers.pictures <= Math.min(2 * chance, 0.75))
    return { kind: 'nothing', ...values };
  if (reason === 'completed' && best === last && isRising(state.epochs)) return { kind: 'rising', ...values };
  if (metric === 'accuracy' && knowsByHeart(state.epochs, best)) return { kind: 'byHeart', ...values };
  return { kind: answers.pictures < ENOUGH_PICTURES ? 'few' : 'known', ...values };
}

function isRising(epochs: RunState['epochs']): boolean {
  const [before, now] = [epochs.at(-RISING.epochs)?.answers, epochs.at(-1)?.answers];
  if (!before || !now) return false;
  return now.right - before.right >= Math.max(RISING.pictures, RISING.share * now.pictures);
}

function knowsByHeart(epochs: RunState['epochs'], best: EventOf<'epoch'>): boolean {
  return hasGrown(epochs) && epochs.at(-1)!.accuracy - best.valAccuracy > AHEAD;
}
