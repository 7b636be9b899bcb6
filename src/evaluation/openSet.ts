import { EVALUATION_LIMITS, type Evaluation, type Evidence } from '../protocol/evaluation.js';
import { clopperPearson, CONFIDENCE, mostThat, type Interval } from './bounds.js';
import { clusteredInterval } from './clustered.js';
import { boundAt, clustersAt } from './sentence.js';
import { namedAt, thresholdFor, thresholdInterval, WORTH } from './threshold.js';

export type OpenSet = NonNullable<Evaluation['openSet']>;

const FPIRS = [0.001, 0.01, 0.1];
const FNIRS = [0.01, 0.05, 0.1];
/** An interval at a rate has two unknowns, the threshold and what it does there: each may fail half as often (Bonferroni). */
const EACH = (1 + CONFIDENCE) / 2;

/**
 * What a threshold does to strangers and to known people, and how the two are traded (NIST IR 8271: FNIR and FPIR of rank one with a
 * threshold).
 *
 * @param strangerPictures the similarity of every picture of a stranger to whom he is most like, highest first
 */
export function openSetOf(evidence: Evidence, strangerPictures: readonly number[], threshold: number): OpenSet {
  const { strangers, strangersFrom } = evidence;
  const known = evidence.known.toSorted((a, b) => a - b);
  const missed = below(known, threshold);
  const named = namedAt(strangers, threshold);
  const fnirRates = supported(FNIRS, known.length).filter((rate) => thresholdAtFnir(known, rate) > -1);
  const fpirs = supported(FPIRS, strangers.length).filter(() => known.length > 0);
  return {
    strangersFrom,
    ...{ fnir: share(missed, known.length), missed, ofPictures: known.length },
    fnirInterval: clusteredInterval(clustersAt(evidence, threshold)),
    ...{ fpir: share(named, strangers.length), named, ofStrangers: strangers.length },
    fpirInterval: namedInterval(evidence, named),
    fpirBound: boundAt(evidence, threshold),
    fnirAtFpir: byRate(fpirs, (rate) => fnirAtFpir(strangers, known, rate)),
    fnirAtFpirInterval: byRate(fpirs, (rate) => fnirAtFpirInterval(evidence, rate)),
    fpirAtFnir: byRate(fnirRates, (rate) => fpirAtFnir(strangers, known, rate)),
    fpirAtFnirInterval: byRate(fnirRates, (rate) => fpirAtFnirInterval(evidence, known, rate)),
    byPicture: {
      fpir: share(namedAt(strangerPictures, threshold), strangerPictures.length),
      ofPictures: strangerPictures.length,
      fnirAtFpir: byRate(fpirs, (rate) => fnirAtFpir(strangerPictures, known, rate)),
      fpirAtFnir: byRate(fnirRates, (rate) => fpirAtFnir(strangerPictures, known, rate)),
    },
    curve: curveOf(strangers, known),
  };
}

const share = (count: number, of: number) => (of === 0 ? 0 : count / of);

function namedInterval({ strangers, strangersFrom }: Evidence, named: number, confidence = CONFIDENCE): Interval {
  const worth = WORTH[strangersFrom];
  return clopperPearson(named * worth, strangers.length * worth, confidence);
}

/** Rates below one of so many cannot be told. */
export function supported(rates: readonly number[], of: number): number[] {
  return rates.filter((rate) => rate * of >= 1 - 1e-9);
}

export function byRate<T>(rates: readonly number[], value: (rate: number) => T): Record<string, T> {
  return Object.fromEntries(rates.map((rate) => [String(rate), value(rate)]));
}

/** How many of similarities, lowest first, do not reach a threshold. */
function below(ascending: readonly number[], threshold: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A rate times a count, as a whole number of them that does not exceed it. */
const allowed = (rate: number, of: number) => Math.floor(rate * of + 1e-9);

/** Share of known pictures missed by the lowest threshold that names no more than that share of strangers. */
function fnirAtFpir(strangers: readonly number[], known: readonly number[], rate: number): number {
  return share(below(known, thresholdFor(strangers, allowed(rate, strangers.length))), known.length);
}

/** The highest threshold that misses no more than that share of known pictures; -1 where none does, since more are taken for another. */
function thresholdAtFnir(known: readonly number[], rate: number): number {
  return known[allowed(rate, known.length)] ?? 1;
}

function fpirAtFnir(strangers: readonly number[], known: readonly number[], rate: number): number {
  return share(namedAt(strangers, thresholdAtFnir(known, rate)), strangers.length);
}

function fnirAtFpirInterval(evidence: Evidence, rate: number): Interval {
  const [low, high] = thresholdInterval(evidence.strangers, rate, {
    confidence: EACH,
    worth: WORTH[evidence.strangersFrom],
  });
  return [
    clusteredInterval(clustersAt(evidence, low), EACH)[0],
    high >= 1 ? 1 : clusteredInterval(clustersAt(evidence, high), EACH)[1],
  ];
}

function fpirAtFnirInterval(evidence: Evidence, known: readonly number[], rate: number): Interval {
  const missAt = (k: number) => clusteredInterval(clustersAt(evidence, known[k]!), EACH);
  const last = known.length - 1;
  // The thresholds at which missing this share is neither too much nor too little for the pictures tried.
  const low = mostThat(last, (k) => missAt(k)[1] < rate);
  const high = mostThat(last, (k) => missAt(k)[0] <= rate);
  const namedBy = (k: number) => namedInterval(evidence, namedAt(evidence.strangers, known[k] ?? -1), EACH);
  return [namedBy(Math.min(last, high + 1))[0], namedBy(low)[1]];
}

function curveOf(strangers: readonly number[], known: readonly number[]): OpenSet['curve'] {
  const lowest = Math.min(strangers.at(-1) ?? 1, known.find((similarity) => similarity > -1) ?? 1);
  const highest = Math.max(strangers[0] ?? -1, known.at(-1) ?? -1);
  const points = EVALUATION_LIMITS.curve;
  const threshold = Array.from({ length: points }, (_, i) => lowest + ((highest - lowest) * i) / (points - 1));
  return {
    threshold,
    fnir: threshold.map((t) => share(below(known, t), known.length)),
    fpir: threshold.map((t) => share(namedAt(strangers, t), strangers.length)),
  };
}
