import { UserError } from '../core/userError.js';

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
