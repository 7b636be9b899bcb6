import { Random } from '../core/random.js';
import { EVALUATION_LIMITS, type Evaluation } from '../protocol/evaluation.js';
import { CONFIDENCE, lowerBound, studentQuantile, upperBound, type Interval } from './bounds.js';
import { byRate, supported } from './openSet.js';
import { accuracyByFolds, areaOf, equalErrorRate, Ranking, tarAtFar, type Roc, type ScoredPairs } from './roc.js';

export type Verification = NonNullable<Evaluation['verification']>;

const FARS = [0.001, 0.01, 0.1];
const REPLICATES = { fewest: 200, most: 1000, pairs: 5e7 };

/** Everything of verification, with intervals over people; undefined where there are no pairs of one of the kinds. */
export function verificationOf(
  pairs: ScoredPairs,
  { pairsFrom, seed }: { readonly pairsFrom: Verification['pairsFrom']; readonly seed: number },
): Verification | undefined {
  const same = pairs.same.filter(Boolean).length;
  const different = pairs.same.length - same;
  if (same === 0 || different === 0) return undefined;
  const ranking = new Ranking(pairs);
  const roc = ranking.roc();
  const fars = supported(FARS, different);
  const measure = (curve: Roc) => [areaOf(curve), equalErrorRate(curve), ...fars.map((rate) => tarAtFar(curve, rate))];
  const values = measure(roc);
  const intervals = bootstrapOverPeople(ranking, pairs, measure, seed);
  const around = (i: number) => notPerfect(values[i]!, intervals[i]!, pairs);
  const folds = accuracyByFolds(pairs);
  return {
    ...{ pairsFrom, same, different, folds: folds.length },
    ...(folds.length < 2 ? {} : meanOfFolds(folds, pairs)),
    ...{ auc: values[0]!, aucInterval: around(0), eer: values[1]!, eerInterval: around(1) },
    tarAtFar: byRate(fars, (rate) => values[2 + fars.indexOf(rate)]!),
    tarAtFarInterval: byRate(fars, (rate) => around(2 + fars.indexOf(rate))),
    smallestFar: 1 / different,
    roc: thinned(roc),
  };
}

/** Mean over the folds, whose people are apart, with Student's interval of it. */
function meanOfFolds(folds: readonly number[], pairs: ScoredPairs) {
  const accuracy = folds.reduce((sum, v) => sum + v, 0) / folds.length;
  const variance = folds.reduce((sum, v) => sum + (v - accuracy) ** 2, 0) / (folds.length - 1);
  const half = studentQuantile((1 + CONFIDENCE) / 2, folds.length - 1) * Math.sqrt(variance / folds.length);
  const interval: Interval = [Math.max(0, accuracy - half), Math.min(1, accuracy + half)];
  return { accuracy, accuracyInterval: variance === 0 ? notPerfect(accuracy, [accuracy, accuracy], pairs) : interval };
}

/**
 * Percentile intervals by drawing people with replacement. A pair of two people counts as often as both were drawn, the product
 * (Owen, The pigeonhole bootstrap, Annals of Applied Statistics 2007, which errs on the wide side); a pair of one person as often
 * as he was.
 */
function bootstrapOverPeople(
  ranking: Ranking,
  pairs: ScoredPairs,
  measure: (roc: Roc) => number[],
  seed: number,
): Interval[] {
  const places = new Map<string, number>();
  const placeOf = (person: string) => places.get(person) ?? places.set(person, places.size).size - 1;
  const ends = pairs.people.map(([a, b]) => [placeOf(a), placeOf(b)] as const);
  const random = Random.forPurpose(seed, 'people of pairs');
  const count = Math.max(
    REPLICATES.fewest,
    Math.min(REPLICATES.most, Math.floor(REPLICATES.pairs / pairs.same.length)),
  );
  const drawn = new Int32Array(places.size);
  const replicates: number[][] = [];
  for (let i = 0; i < count; i++) {
    drawn.fill(0);
    for (let k = 0; k < places.size; k++) drawn[random.integer(places.size)]!++;
    const roc = ranking.roc((pair) => {
      const [a, b] = ends[pair]!;
      return pairs.same[pair] ? drawn[a]! : drawn[a]! * drawn[b]!;
    });
    // Of few people a draw may leave one kind without pairs.
    if (roc.falsely.at(-1)! > 0 && roc.truly.at(-1)! > 0) replicates.push(measure(roc));
  }
  return measure(ranking.roc()).map((_, i) => percentiles(replicates.map((values) => values[i]!)));
}

function percentiles(values: number[]): Interval {
  if (values.length === 0) return [0, 1];
  values.sort((a, b) => a - b);
  const at = (share: number) => values[Math.round(share * (values.length - 1))]!;
  const tail = (1 - CONFIDENCE) / 2;
  return [at(tail), at(1 - tail)];
}

/** Where nothing went wrong, drawing again finds nothing wrong either: then each person of a pair counts as one trial that went well. */
function notPerfect(value: number, [low, high]: Interval, { people }: ScoredPairs): Interval {
  const trials = new Set(people.flat()).size;
  const oneSided = (1 + CONFIDENCE) / 2;
  if (value >= 1) return [Math.min(low, lowerBound(trials, trials, oneSided)), 1];
  if (value <= 0) return [0, Math.max(high, upperBound(0, trials, oneSided))];
  return [Math.min(low, value), Math.max(high, value)];
}

/** As many points as a chart needs, evenly among all, both ends in; shares of pairs. */
function thinned({ threshold, falsely, truly }: Roc): Verification['roc'] {
  const most = EVALUATION_LIMITS.curve;
  const count = Math.min(most, threshold.length);
  const kept = Array.from({ length: count }, (_, i) =>
    Math.round((i * (threshold.length - 1)) / Math.max(1, count - 1)),
  );
  return {
    far: kept.map((i) => falsely[i]! / falsely.at(-1)!),
    tar: kept.map((i) => truly[i]! / truly.at(-1)!),
    // The first accepts nothing: any threshold above the highest similarity.
    threshold: kept.map((i) => (i === 0 ? Math.max(1, threshold[1] ?? 1) : threshold[i]!)),
  };
}
