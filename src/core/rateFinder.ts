import type { RateCurve, RateProposal } from '../protocol/rateFinder.js';

// A learning rate from one short training whose rate grows from step to step (Smith 2017, section 3.3).

/** Steps of a search, and from where to where the rate grows: a step of Adam is as long as its rate says, one of SGD as its gradient is. */
export const RATE_STEPS = 100;
const RANGES = { adam: [1e-6, 1], adamw: [1e-6, 1], sgd: [1e-5, 10] } as const;

/** The rate of a step, 0 for the first: each is the same multiple of the one before. */
export function rateOfStep(optimizer: keyof typeof RANGES, step: number): number {
  const [from, to] = RANGES[optimizer];
  return from * (to / from) ** (step / (RATE_STEPS - 1));
}

/** Weight of what went before: some ten steps say whether the loss has left; five to either side, a third of a decade, are seen as one. */
const BEFORE = 0.9;
const TO_BOTH_SIDES = 0.8;
/** A loss so many times the lowest is one that will not come back (Gugger 2018). */
const DIVERGED = 4;

/** The exponential moving average of losses, its bias corrected. */
function average(losses: readonly number[], decay: number): number[] {
  let sum = 0;
  let weight = 0;
  return losses.map((loss) => {
    sum = decay * sum + (1 - decay) * loss;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
}

/** Whether a search may end: the loss, smoothed as far as it goes, is no number or far above its lowest. */
export function hasDiverged(losses: readonly number[]): boolean {
  const smoothed = average(losses, BEFORE);
  const last = smoothed.at(-1);
  return last !== undefined && !(last <= DIVERGED * Math.min(...smoothed));
}

/**
 * Losses smoothed to both sides: an average of what went before alone stands half a decade behind, and would call a rate good that is
 * several times too high.
 */
export function smoothed(losses: readonly number[]): number[] {
  return average([...average(losses, TO_BOTH_SIDES)].reverse(), TO_BOTH_SIDES).reverse();
}

/**
 * Share by which the loss has to fall for a rate to be proposed: less is what batches differ by. From random weights a hundred steps may
 * be too few; what fell by 6 % there had its steepest place at a rate that learned nothing in eight epochs.
 */
const LEAST_FALL = 0.1;
/** How far a rate keeps off the one with the lowest loss, behind which the loss leaves. */
const OFF_THE_EDGE = 3;

/**
 * The rate to train with: where the loss falls fastest for each decade, but no more than a third of the one with the lowest loss.
 * The steepest descent is what Smith's method is about; where the curve is short it lies right before the edge, from which the third keeps
 * off. (A tenth of the lowest alone, as is usual, was half of the rate that the default recipe had been tuned to.) Rounded to two digits, which is more than there is to know.
 *
 * @param curve rates and smoothed losses, at least three
 * @returns undefined where the loss does not fall
 */
export function proposedRate(curve: RateCurve): RateProposal | undefined {
  const lowest = curve.reduce((best, point, i) => (point.smoothed < curve[best]!.smoothed ? i : best), 0);
  const highest = Math.max(...curve.slice(0, lowest + 1).map((point) => point.smoothed));
  if (curve.length < 3 || !(curve[lowest]!.smoothed < (1 - LEAST_FALL) * highest)) return undefined;
  let steepest = 0;
  let most = 0;
  for (let i = 1; i < lowest; i++) {
    // Steps are equally long on the logarithm of the rate.
    const fall = curve[i - 1]!.smoothed - curve[i + 1]!.smoothed;
    if (fall > most) [steepest, most] = [i, fall];
  }
  const [fast, low] = [curve[steepest]!.rate, curve[lowest]!.rate];
  return { rate: Number(Math.min(fast, low / OFF_THE_EDGE).toPrecision(2)), steepest: fast, lowest: low };
}
