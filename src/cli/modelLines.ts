import { formatPercent } from '../core/format.js';
import { topScores } from '../core/softmax.js';
import type { Comparison, Measurements } from '../protocol/comparison.js';
import type { Prediction } from '../protocol/prediction.js';

/** People that are named for a picture; `--json` has all. */
const SHOWN = 3;
/** Pictures that are named. */
const DIFFERENCES = 10;

export function measurementLines({ pictures, models, agreement, machine }: Measurements): string[] {
  const lines = models.map(
    ({ precision, accuracy, latency, bytes }) =>
      `${precision.padEnd(12)}accuracy ${formatPercent(accuracy)}   ${latency.median.toFixed(2)} ms per picture   ${(bytes / 1e6).toFixed(2)} MB`,
  );
  if (agreement !== undefined) lines.push(`Agreement   ${formatPercent(agreement)}`);
  lines.push(`            on ${pictures.toLocaleString('en-US')} validation pictures; ${machine}`);
  return lines;
}

export function comparisonLines({ measurements, gallery }: Comparison): string[] {
  const told = ({ person, probability }: { person: string; probability: number }) =>
    `${person} ${formatPercent(probability)}`;
  const lines = gallery
    .slice(0, DIFFERENCES)
    .map(({ file, float32, int8 }) => `            ${file}: float ${told(float32)}, int8 ${told(int8)}`);
  const more = (measurements.differing ?? 0) - lines.length;
  return [
    ...measurementLines(measurements),
    ...(lines.length > 0 ? ['They differ on:'] : []),
    ...lines,
    ...(more > 0 ? [`            and ${more} more`] : []),
  ];
}

export function predictionLines(predictions: readonly Prediction[]): string[] {
  return predictions.map((answer) => {
    if ('error' in answer) return `${answer.file}: ${answer.error}`;
    const best = topScores(answer.scores, SHOWN);
    return `${answer.file}: ${best.map(([person, score]) => `${person} ${formatPercent(score)}`).join(', ')}`;
  });
}
