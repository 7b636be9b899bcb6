import { formatRate, rateWords } from '../core/rateWords.js';
import type { RateSearch } from '../protocol/rateFinder.js';

/** Rows of the table: what fits a screen. */
const ROWS = 20;

/** A search for a learning rate as lines of text. */
export function rateLines(search: RateSearch): string[] {
  const { curve, network, optimizer, batchSize, proposal } = search;
  const every = Math.max(1, Math.ceil(curve.length / ROWS));
  const shown = curve.filter((_, i) => i % every === 0 || i === curve.length - 1);
  const rows = shown.map(({ rate, loss, smoothed }) =>
    [formatRate(rate).padStart(12), loss.toFixed(4).padStart(10), smoothed.toFixed(4).padStart(10)].join('  '),
  );
  return [
    `${network}, ${optimizer}, batches of ${batchSize}: ${curve.length} steps`,
    '',
    ['rate'.padStart(12), 'loss'.padStart(10), 'smoothed'.padStart(10)].join('  '),
    ...rows,
    '',
    ...rateWords(search),
    ...(proposal ? [`Train with it by --learning-rate ${formatRate(proposal.rate)}.`] : []),
  ];
}
