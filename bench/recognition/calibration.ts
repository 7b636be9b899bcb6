import { Random } from '../../src/core/random.js';
import { chooseThreshold, namedAt } from '../../src/evaluation/threshold.js';

/**
 * How often a threshold does not keep what it promises: chosen on some strangers drawn from many, checked on all of them.
 *
 * @param strangers for each stranger person his highest similarity to anybody enrolled
 * @param tried how many are drawn for choosing
 * @returns how many times more than the wanted share of all was named, and the mean share named
 */
export function calibration(
  strangers: readonly number[],
  { tried, share, times, seed }: Readonly<Record<'tried' | 'share' | 'times' | 'seed', number>>,
): { readonly failed: number; readonly meanShare: number } {
  const random = Random.fromSeed(seed);
  const all = strangers.toSorted((a, b) => b - a);
  const order = [...strangers];
  let [failed, sum] = [0, 0];
  for (let i = 0; i < times; i++) {
    const some = random
      .shuffle(order)
      .slice(0, tried)
      .sort((a, b) => b - a);
    const named = namedAt(all, chooseThreshold(some, share, 0.95).threshold) / all.length;
    if (named > share) failed++;
    sum += named;
  }
  return { failed, meanShare: sum / times };
}
