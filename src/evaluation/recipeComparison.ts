import type { Answer, RecipeComparison, RecipeOutcome, RecipePair } from '../protocol/recipeComparison.js';
import { clopperPearson, CONFIDENCE, studentQuantile, type Interval } from './bounds.js';
import { worthOf } from './clustered.js';

/** What the networks of one recipe answered, seed by seed. */
export interface RecipeAnswers {
  readonly recipe: string;
  /** In the order of the seeds. */
  readonly bySeed: readonly (readonly Answer[])[];
  /** Of training, mean of the runs. */
  readonly seconds: number;
}

/**
 * Compares recipes on the pictures that every one of them answered, pair by pair, seed by seed and person by person.
 *
 * Two things are left to chance: who is in the folder, and what a seed draws (first weights, the order of the pictures, which of them
 * are held out). The variance of a mean over both is that of the seeds' means plus that of the people's, each over its number, which
 * counts what is left between them twice and so errs on the wide side (Owen, The pigeonhole bootstrap, Annals of Applied Statistics
 * 2007, has the same bound); degrees of freedom by Satterthwaite (Biometrics 1946). A single seed tells nothing of seeds. Of several
 * pairs each is held to a smaller risk (Bonferroni), so that all are right together.
 *
 * @throws RangeError for fewer than two recipes, none or unlike numbers of seeds, or no picture that all answered
 */
export function compareAnswers(all: readonly RecipeAnswers[], seeds: readonly number[]): RecipeComparison {
  if (all.length < 2 || seeds.length === 0 || all.some(({ bySeed }) => bySeed.length !== seeds.length))
    throw new RangeError(`${all.length} recipes and ${seeds.length} seeds, or not all of each`);
  const common = seeds.map((_, s) => answeredByAll(all.map(({ bySeed }) => bySeed[s]!)));
  if (common.some(({ size }) => size === 0)) throw new RangeError('no picture that every recipe answered');
  const people = [...new Set(common.flatMap((files) => [...files.values()]))].sort();
  const shares = all.map(({ bySeed }) => sharesOf(bySeed, common, people));
  const of = sumOf(common.map(({ size }) => size));
  const asked = seeds.map((_, s) => new Set(all.flatMap(({ bySeed }) => bySeed[s]!.map(({ file }) => file))).size);
  const recipes = all.map(({ recipe, bySeed: answers, seconds }, i): RecipeOutcome => {
    const right = answers.map((own, s) => own.filter((one) => one.right && common[s]!.has(one.file)).length);
    const { mean: accuracy, bySeed, accuracyInterval } = accuracyOf(shares[i]!, common[0]!.size);
    const unanswered = sumOf(asked) - sumOf(answers.map((own) => own.length));
    return { recipe, right: sumOf(right), of, accuracy, accuracyInterval, bySeed, unanswered, seconds };
  });
  return {
    ...{ seeds: [...seeds], pictures: common.map(({ size }) => size), people: people.length, recipes },
    ...{ pairs: pairsOf(all, shares), confidence: CONFIDENCE },
  };
}

/** [seeds][people]: what a person brings to the accuracy of a seed. They add up to it. */
type Shares = readonly (readonly number[])[];

/** Person by file. */
function answeredByAll(each: readonly (readonly Answer[])[]): Map<string, string> {
  const [first, ...others] = each.map((answers) => new Map(answers.map(({ file, person }) => [file, person])));
  return new Map([...first!].filter(([file]) => others.every((answers) => answers.has(file))));
}

function sharesOf(
  bySeed: readonly (readonly Answer[])[],
  common: readonly ReadonlyMap<string, string>[],
  people: readonly string[],
): Shares {
  const place = new Map(people.map((person, i) => [person, i]));
  return bySeed.map((answers, s) => {
    const shares = people.map(() => 0);
    for (const { file, person, right } of answers)
      if (right && common[s]!.has(file)) shares[place.get(person)!]! += 1 / common[s]!.size;
    return shares;
  });
}

interface Spread {
  readonly mean: number;
  readonly bySeed: number[];
  /** Of the mean. */
  readonly variance: number;
  readonly ofSeeds: number;
  readonly ofPeople: number;
  readonly degrees: number;
}

function spreadOver(shares: Shares): Spread {
  const bySeed = shares.map(sumOf);
  const people = shares[0]!.length;
  const byPerson = shares[0]!.map((_, p) => (people * sumOf(shares.map((own) => own[p]!))) / shares.length);
  const [ofSeeds, ofPeople] = [varianceOfMean(bySeed), varianceOfMean(byPerson)];
  const variance = ofSeeds + ofPeople;
  const worth = ofSeeds ** 2 / Math.max(1, bySeed.length - 1) + ofPeople ** 2 / Math.max(1, people - 1);
  const degrees = worth > 0 ? variance ** 2 / worth : Math.max(1, people - 1);
  return { mean: meanOf(bySeed), bySeed, variance, ofSeeds, ofPeople, degrees };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

/** 0 of a single value, which tells nothing. */
function varianceOfMean(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = meanOf(values);
  const squares = sumOf(values.map((value) => (value - mean) ** 2));
  return squares / (values.length - 1) / values.length;
}

/** Clopper and Pearson's interval for as many independent pictures as these are worth; where nothing tells, a person is one. */
function accuracyOf(
  shares: Shares,
  pictures: number,
): Pick<Spread, 'mean' | 'bySeed'> & { accuracyInterval: Interval } {
  const { mean, bySeed, variance, degrees } = spreadOver(shares);
  const people = Math.min(pictures, Math.max(1, shares[0]!.length));
  const worth = variance > 0 ? worthOf({ share: mean, variance, degrees }, pictures) : people;
  return { mean, bySeed, accuracyInterval: clopperPearson(mean * worth, worth) };
}

function pairsOf(all: readonly RecipeAnswers[], shares: readonly Shares[]): RecipePair[] {
  const pairs = all.flatMap((_, i) => all.slice(i + 1).map((__, k) => [i, i + 1 + k] as const));
  const confidence = 1 - (1 - CONFIDENCE) / pairs.length;
  return pairs.map(([i, k]) => {
    const apart = shares[i]!.map((own, s) => own.map((share, p) => share - shares[k]![s]![p]!));
    const { mean, variance, ofSeeds, ofPeople, degrees } = spreadOver(apart);
    // Nobody differs from anybody: that tells nothing, unless nothing differs at all.
    const none = variance === 0 && mean !== 0;
    const half = none ? 1 : studentQuantile((1 + confidence) / 2, degrees) * Math.sqrt(variance);
    const [low, high] = [mean - half, mean + half];
    return {
      ...{ first: all[i]!.recipe, second: all[k]!.recipe, difference: mean, differenceInterval: [low, high] },
      better: low > 0 ? 'first' : high < 0 ? 'second' : 'open',
      wants: ofSeeds > ofPeople ? 'seeds' : 'people',
    };
  });
}
