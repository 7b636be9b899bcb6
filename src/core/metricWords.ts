import type { EventOf, Metric } from '../protocol/runEvents.js';
import { formatCount, formatPercent } from './format.js';
import type { RunState } from './runState.js';

/** What a validation's share is of: as the name of a number, in a line of text, and for a narrow column. */
export const METRIC_WORDS: Readonly<
  Record<Metric, { readonly name: string; readonly clause: string; readonly column: string }>
> = {
  accuracy: { name: 'Validation accuracy', clause: 'validation accuracy', column: 'Val. accuracy' },
  nearestNeighbour: { name: 'Nearest neighbour', clause: 'nearest neighbour right', column: 'Nearest neighb.' },
  cosine: { name: 'Cosine to the teacher', clause: 'cosine to the teacher', column: 'Cosine' },
};

/** How a run is validated. Logs of 0.1.0 do not say it: there the split by identity does, with whose people no score can be right. */
export function metricOf({ run, epochs }: Pick<RunState, 'run' | 'epochs'>): Metric {
  return epochs.at(-1)?.metric ?? (run?.options.splitBy === 'identity' ? 'nearestNeighbour' : 'accuracy');
}

/**
 * What an epoch measured of strangers, in a sentence: "Of 158 people left out in turn, 1 would be named at the threshold of 0.52.
 * Not recognized there: 2.2 % of the pictures, 25.6 % of damaged ones."
 */
export function strangersWords({
  people,
  named,
  threshold,
  missed,
  damagedNamed,
  damagedMissed,
}: NonNullable<EventOf<'epoch'>['strangers']>): string {
  return (
    `Of ${formatCount(people, 'person', 'people')} left out in turn, ${named} would be named at the threshold of ${threshold.toFixed(2)}` +
    `${damagedNamed === 0 ? '' : ` (${damagedNamed} by a damaged picture)`}. ` +
    `Not recognized there: ${formatPercent(missed)} of the pictures, ${formatPercent(damagedMissed)} of damaged ones.`
  );
}

/**
 * What an epoch measured of a student, in a sentence: "Cosine to the teacher 0.871, on 370 pictures of 16 people left out of training. Of
 * 600 pairs of these pictures the student tells 92.3 % right, the teacher 98.8 %."
 */
export function distilledWords({
  people,
  pictures,
  cosine,
  pairs,
}: NonNullable<EventOf<'epoch'>['distilled']>): string {
  const whose = people === 0 ? 'held back' : `of ${formatCount(people, 'person', 'people')} left out of training`;
  const told = pairs
    ? ` Of ${pairs.count.toLocaleString('en-US')} pairs of these pictures the student tells ${formatPercent(pairs.student)} right, the teacher ${formatPercent(pairs.teacher)}.`
    : '';
  return `Cosine to the teacher ${cosine.toFixed(3)}, on ${formatCount(pictures, 'picture')} ${whose}.${told}`;
}

/** What the best validation of a run came to: "validation accuracy 92.5 %". */
export function bestWords(state: Pick<RunState, 'run' | 'epochs'>, best: number | undefined): string {
  const { clause } = METRIC_WORDS[metricOf(state) === 'cosine' ? 'cosine' : 'accuracy'];
  return `${clause} ${formatPercent(best)}`;
}

/** What an epoch measured beside its validation, in a sentence. */
export function measuredWords({ strangers, distilled }: EventOf<'epoch'>): string | undefined {
  if (strangers) return strangersWords(strangers);
  return distilled && distilledWords(distilled);
}
