import type { RateSearch } from '../protocol/rateFinder.js';

/** "0.0013", "1e-6": as one would type it. */
export function formatRate(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}

/** What came of a search for a learning rate, in sentences: the proposal first. */
export function rateWords({
  proposal,
  diverged,
  curve,
}: Pick<RateSearch, 'proposal' | 'diverged' | 'curve'>): string[] {
  const last = curve.at(-1);
  const end = diverged
    ? `Above ${last ? formatRate(last.rate) : 'the first rate'} the loss ran away.`
    : 'The loss did not run away up to the largest rate that was tried.';
  if (!proposal)
    return [
      'No learning rate is proposed: the loss hardly fell in these steps.',
      `${end} Larger batches make the curve smoother; a start from trained weights makes it fall sooner.`,
    ];
  const { rate, steepest, lowest } = proposal;
  const why =
    steepest <= lowest / 3
      ? `The loss falls fastest at ${formatRate(steepest)}, and is lowest at ${formatRate(lowest)}.`
      : `That is a third of the rate with the lowest loss, ${formatRate(lowest)}; it falls fastest at ${formatRate(steepest)}, which is too near.`;
  return [`Proposed learning rate: ${formatRate(rate)}`, `${why} ${end}`];
}
