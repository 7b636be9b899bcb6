import { Random } from '../core/random.js';
import { UserError } from '../core/userError.js';
import { rowsByPerson } from './gallery.js';

/** Two pictures to compare, as rows of a set of faces. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly same: boolean;
  readonly fold: number;
}

/** A picture as a pairs.txt names it: the file `<person>/<person>_<number, four digits>.jpg` in LFW. */
export interface PairPicture {
  readonly person: string;
  /** From 1. */
  readonly number: number;
}

export interface NamedPair {
  readonly pictures: readonly [PairPicture, PairPicture];
  readonly same: boolean;
  readonly fold: number;
}

/**
 * Reads a list of pairs as LFW has it: the first line says how many folds and how many pairs of each kind a fold has; then each
 * fold's pairs of one person, "name 1 4", and as many of two, "name 1 other 2". A first line of one number is a single fold.
 *
 * @throws UserError where a line is something else, or there are more or fewer than promised
 */
export function readPairs(text: string): NamedPair[] {
  const [header = '', ...lines] = text.split(/\r?\n/).map((line) => line.trim());
  const numbers = header.split(/\s+/).map(Number);
  const [folds, each] = numbers.length === 1 ? [1, numbers[0]!] : [numbers[0]!, numbers[1]!];
  if (numbers.length > 2 || !isCount(folds) || !isCount(each))
    throw problem(1, `"${header}" is not a number of folds and a number of pairs`);
  while (lines.at(-1) === '') lines.pop();
  const due = folds * each * 2;
  if (lines.length !== due) throw problem(1, `${due} pairs are promised and ${lines.length} follow`);
  return lines.map((line, i) => {
    // Names may have blanks where tabs part the columns.
    const columns = line.split(line.includes('\t') ? '\t' : /\s+/).map((column) => column.trim());
    const same = columns.length === 3;
    const [person, first, ...rest] = columns;
    const [other, second] = same ? [person, rest[0]] : rest;
    const fold = Math.floor(i / (2 * each));
    if ((!same && columns.length !== 4) || !person || !other || !isCount(Number(first)) || !isCount(Number(second)))
      throw problem(i + 2, `"${line}" is not two pictures`);
    if (same !== i % (2 * each) < each)
      throw problem(i + 2, `"${line}" stands among the pairs of ${same ? 'two people' : 'one person'}`);
    return { same, fold, pictures: [picture(person, Number(first)), picture(other, Number(second))] };
  });
}

const isCount = (value: number) => Number.isInteger(value) && value > 0;
const picture = (person: string, number: number): PairPicture => ({ person, number });

function problem(line: number, what: string): UserError {
  return new UserError(
    'pairs-list',
    `The list of pairs is not in LFW's format: line ${line}: ${what}.`,
    'Write "folds pairs" on the first line, then for each fold "name 1 4" for pairs of one person and "name 1 other 2" for pairs of two.',
  );
}

const MOST_PAIRS = 3000;
const MOST_FOLDS = 10;

/**
 * Pairs of a user's own pictures where no list is given: of one person and of two, as many of either, and never a person in two folds.
 * People take turns, so that nobody with many pictures counts for more than others. Up to 3,000 of either kind.
 *
 * @param people of each row
 */
export function makePairs(people: readonly string[], seed: number): Pair[] {
  const random = Random.forPurpose(seed, 'pairs');
  const rowsOf = rowsByPerson(people);
  const names = random.shuffle([...rowsOf.keys()].sort());
  const folds = Math.max(1, Math.min(MOST_FOLDS, Math.floor(names.length / 2)));
  const most = Math.floor(MOST_PAIRS / folds);
  return Array.from({ length: folds }, (_, fold) => {
    const groups = names.filter((_, i) => i % folds === fold).map((name) => rowsOf.get(name)!);
    const same = pairsOfOne(groups, most, random);
    const different = pairsOfTwo(groups, same.length, random);
    const label = (pairs: RowPair[], isSame: boolean) => pairs.map(([a, b]) => ({ a, b, same: isSame, fold }));
    return [...label(same, true), ...label(different, false)];
  }).flat();
}

type RowPair = readonly [number, number];

/** Each person in turn gives a pair until nobody has one left. */
function pairsOfOne(groups: readonly (readonly number[])[], most: number, random: Random): RowPair[] {
  const stores = groups.map((rows) => new PairStore(rows, rows, random));
  const pairs: RowPair[] = [];
  for (let added = true; added && pairs.length < most;) {
    added = false;
    for (const store of stores) {
      const pair = pairs.length < most ? store.next() : undefined;
      if (!pair) continue;
      pairs.push(pair);
      added = true;
    }
  }
  return pairs;
}

/** Two people by chance give a pair; again, until there are enough or so many tries in a row brought none that nearly all are taken. */
function pairsOfTwo(groups: readonly (readonly number[])[], wanted: number, random: Random): RowPair[] {
  const stores = new Map<string, PairStore>();
  const pairs: RowPair[] = [];
  for (let vain = 0; groups.length > 1 && pairs.length < wanted && vain < 10 * groups.length ** 2;) {
    const [a, b] = [random.integer(groups.length), random.integer(groups.length)];
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    const store = stores.get(key) ?? new PairStore(groups[Math.min(a, b)]!, groups[Math.max(a, b)]!, random);
    stores.set(key, store);
    const pair = a === b ? undefined : store.next();
    if (pair) pairs.push(pair);
    vain = pair ? 0 : vain + 1;
  }
  return pairs;
}

/** All pairs of two lists of rows, or of one with itself, in an order by chance, each once; drawn as they are asked for. */
class PairStore {
  private readonly given = new Set<number>();
  private readonly total: number;

  constructor(
    private readonly a: readonly number[],
    private readonly b: readonly number[],
    private readonly random: Random,
  ) {
    this.total = a === b ? (a.length * (a.length - 1)) / 2 : a.length * b.length;
  }

  next(): RowPair | undefined {
    if (this.given.size === this.total) return undefined;
    for (;;) {
      const [i, j] = [this.random.integer(this.a.length), this.random.integer(this.b.length)];
      if (this.a === this.b && i >= j) continue;
      const key = i * this.b.length + j;
      if (this.given.has(key)) continue;
      this.given.add(key);
      return [this.a[i]!, this.b[j]!];
    }
  }
}
