import type { Evidence, WantedStrangers } from '../protocol/evaluation.js';
import { lowerBound, mostThat, upperBound, type Interval } from './bounds.js';

/**
 * A threshold lies this much above the similarity that it excludes. Programs add the products of a cosine in orders of their own,
 * and single precision then differs by 1e-7: the same stranger must not be named by a rounding.
 */
export const STEP = 1e-6;
const DIGITS = 1e6;
export const roundUp = (similarity: number) => Math.ceil(similarity * DIGITS - 1e-9) / DIGITS;
export const roundDown = (similarity: number) => Math.floor(similarity * DIGITS + 1e-9) / DIGITS;

/**
 * How many independent strangers one counts for. Where people play strangers to each other, two who are alike are both named for the
 * one likeness: counted whole, a promise of 95 % was broken in 13 of 100 trials of people with a picture each; at half, in 4.
 */
export const WORTH = { given: 1, 'in-turn': 0.5 } as const satisfies Record<Evidence['strangersFrom'], number>;

export interface ThresholdChoice {
  readonly threshold: number;
  /** Whether the evidence carries the wish; where not, this threshold is the one above all strangers. */
  readonly carried: boolean;
  /** Strangers tried who are named at this threshold. */
  readonly named: number;
}

/**
 * The lowest threshold at which the upper bound on the share of strangers named is what was wished for, or less.
 *
 * Choosing it by looking at the strangers costs no confidence. How many of n may be named, r, follows from n and the wish alone;
 * the threshold is then the (r + 1)-th highest similarity, an order statistic, and above it lies more than the share w of all
 * strangers exactly where r or fewer of n fell among the most alike w: a probability of P(Bin(n, w) <= r) <= 1 - confidence by the
 * choice of r. This is Wilks' distribution-free tolerance limit (Annals of Mathematical Statistics 1941); it asks for strangers
 * drawn independently, not for any distribution. It holds for one wish: who tries many and keeps the one he likes has less.
 *
 * @param strangers one similarity for each stranger person, highest first
 * @param share of strangers that may be named
 * @param worth of each stranger, see WORTH
 */
export function chooseThreshold(
  strangers: readonly number[],
  share: number,
  confidence: number,
  worth: number = WORTH.given,
): ThresholdChoice {
  const n = strangers.length;
  const allowed = mostNamed(n, share, confidence, worth);
  const threshold = thresholdFor(strangers, Math.max(0, allowed));
  return { threshold, carried: allowed >= 0, named: namedAt(strangers, threshold) };
}

/** How many of n strangers may be named for the bound to be `share` or less; -1 where not even none may. */
export function mostNamed(n: number, share: number, confidence: number, worth: number): number {
  return mostThat(n, (k) => upperBound(k * worth, n * worth, confidence) <= share);
}

/** The lowest threshold that names no more than so many of the strangers. */
export function thresholdFor(strangers: readonly number[], allowed: number): number {
  const excluded = strangers[allowed];
  return excluded === undefined ? -1 : roundUp(excluded + STEP);
}

/**
 * Where the threshold for a share of strangers lies: from the lowest that the evidence does not rule out to the lowest that it is
 * sure of, at 95 % together (Woodruff's interval for a quantile, Journal of the American Statistical Association 1952). 1 where
 * even the highest threshold is not sure.
 */
export function thresholdInterval(
  strangers: readonly number[],
  share: number,
  { confidence = 0.95, worth = WORTH.given }: { readonly confidence?: number; readonly worth?: number } = {},
): Interval {
  const n = strangers.length;
  const oneSided = (1 + confidence) / 2;
  const possible = mostThat(n, (k) => lowerBound(k * worth, n * worth, oneSided) <= share);
  const sure = mostNamed(n, share, oneSided, worth);
  return [thresholdFor(strangers, possible), sure < 0 ? 1 : thresholdFor(strangers, sure)];
}

/** How many of similarities, highest first, reach a threshold. */
export function namedAt(descending: ArrayLike<number>, threshold: number): number {
  let [low, high] = [0, descending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (descending[middle]! >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The share of strangers that is named by `to` people where `from` people name `share`: 1 - (1 - share)^(to / from), as if people were
 * independent. They nearly are: thresholds for 1 % of strangers carried from 2, 5, 10, 50 and 100 people of real pictures to two to
 * five times as many named 0.95 to 1.09 % of 1,768 strangers.
 */
export function shareFor(share: number, from: number, to: number): number {
  if (from === to || from <= 0) return share;
  return -Math.expm1((to / from) * Math.log1p(-Math.min(1, share)));
}

/** What the wish means for strangers who are compared with `compared` people where `enrolled` are enrolled. */
export function wantedShare(wanted: WantedStrangers, compared: number, enrolled: number): number {
  const share = wanted.strangersPer1000 / 1000;
  return share >= 1 ? 1 : shareFor(share, enrolled, compared);
}

/** The one-sided bound on the share of strangers that are named where `named` of those tried were. */
export function strangersBound(
  named: number,
  { strangers, strangersFrom, compared, enrolled, wanted }: Omit<Evidence, 'known' | 'knownPerson'>,
): number {
  const worth = WORTH[strangersFrom];
  return shareFor(upperBound(named * worth, strangers.length * worth, wanted.confidence), compared, enrolled);
}
