import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../../src/core/random.js';
import { compareAnswers, type RecipeAnswers } from '../../src/evaluation/recipeComparison.js';
import { recipeComparison } from '../../src/protocol/recipeComparison.js';

interface Case {
  /** [seeds][people] */
  readonly pictures: readonly (readonly number[])[];
  /** [recipes][seeds][people] */
  readonly right: readonly (readonly (readonly number[])[])[];
  readonly recipes: readonly { readonly accuracy: number; readonly interval: [number, number] }[];
  readonly pairs: readonly { readonly difference: number; readonly interval: [number, number] }[];
}
const file = path.join(import.meta.dirname, '..', 'reference', 'recipe_comparison.json');
const CASES = JSON.parse(fs.readFileSync(file, 'utf8')) as Case[];

/** Of each person so many pictures, the first of them right. */
function answersOf(pictures: Case['pictures'], right: Case['pictures'], recipe: string): RecipeAnswers {
  const bySeed = pictures.map((own, s) =>
    own.flatMap((count, p) =>
      Array.from({ length: count }, (_, i) => ({ file: `${p}/${i}`, person: `${p}`, right: i < right[s]![p]! })),
    ),
  );
  return { recipe, bySeed, seconds: 1 };
}

const near = (actual: readonly number[], expected: readonly number[]) =>
  expected.forEach((value, i) =>
    assert.ok(Math.abs(actual[i]! - value) < 1e-9, `${actual.join()} for ${expected.join()}`),
  );

describe('a comparison of recipes', () => {
  it('has the means and intervals of NumPy and SciPy', () => {
    for (const { pictures, right, recipes, pairs } of CASES) {
      const all = right.map((own, r) => answersOf(pictures, own, `r${r}`));
      const compared = compareAnswers(all, [...pictures.keys()]);
      assert.ok(recipeComparison.safeParse(compared).success);
      recipes.forEach(({ accuracy, interval }, r) => {
        near([compared.recipes[r]!.accuracy, ...compared.recipes[r]!.accuracyInterval], [accuracy, ...interval]);
      });
      pairs.forEach(({ difference, interval }, p) => {
        const { difference: actual, differenceInterval, better } = compared.pairs[p]!;
        near([actual, ...differenceInterval], [difference, ...interval]);
        assert.equal(better, interval[0] > 0 ? 'first' : interval[1] < 0 ? 'second' : 'open');
      });
    }
  });

  it('asks only what every recipe answered, and says what it left out', () => {
    const of = (recipe: string, files: readonly string[], right: readonly string[]): RecipeAnswers => ({
      ...{ recipe, seconds: 1 },
      bySeed: [files.map((name) => ({ file: name, person: name[0]!, right: right.includes(name) }))],
    });
    const compared = compareAnswers(
      [of('seeing', ['a1', 'a2', 'b1', 'b2'], ['a1', 'b1', 'b2']), of('blind', ['a1', 'b1', 'b2'], ['b1'])],
      [7],
    );
    assert.deepEqual(compared.pictures, [3]);
    const [seeing, blind] = compared.recipes.map(({ right, of: asked, unanswered }) => [right, asked, unanswered]);
    assert.deepEqual(seeing, [3, 3, 0]);
    assert.deepEqual(blind, [1, 3, 1]);
  });

  it('claims nothing where all answer alike, or where nobody differs', () => {
    const alike = compareAnswers([answersOf([[2, 2]], [[1, 2]], 'a'), answersOf([[2, 2]], [[1, 2]], 'b')], [1]);
    assert.equal(alike.pairs[0]!.better, 'open');
    assert.deepEqual(alike.pairs[0]!.differenceInterval, [0, 0]);
    const even = compareAnswers([answersOf([[2, 2]], [[2, 2]], 'a'), answersOf([[2, 2]], [[1, 1]], 'b')], [1]);
    assert.equal(even.pairs[0]!.better, 'open');
  });

  it('says what would tell sooner: more people where these differ, more seeds where those do', () => {
    const even = (rate: (s: number, p: number) => number) =>
      [0, 1, 2].map((s) => Array.from({ length: 20 }, (_, p) => rate(s, p)));
    const pictures = even(() => 10);
    const wants = (right: number[][]) =>
      compareAnswers(
        [
          answersOf(pictures, right, 'a'),
          answersOf(
            pictures,
            even(() => 5),
            'b',
          ),
        ],
        [1, 2, 3],
      ).pairs[0]!.wants;
    assert.equal(wants(even((_, p) => (p % 2 === 0 ? 10 : 0))), 'people');
    assert.equal(wants(even((s) => 2 + 4 * s)), 'seeds');
  });

  it('counts pictures and people over all seeds, and those of a seed alone', () => {
    const compared = compareAnswers(
      [
        answersOf(
          [
            [2, 0],
            [1, 3],
          ],
          [
            [1, 0],
            [1, 1],
          ],
          'a',
        ),
        answersOf(
          [
            [2, 0],
            [1, 3],
          ],
          [
            [2, 0],
            [1, 3],
          ],
          'b',
        ),
      ],
      [8, 9],
    );
    assert.deepEqual([compared.seeds, compared.pictures, compared.people], [[8, 9], [2, 4], 2]);
    const [first, second] = compared.recipes;
    assert.deepEqual([first!.right, first!.of, first!.bySeed], [3, 6, [0.5, 0.5]]);
    assert.deepEqual([second!.right, second!.of, second!.bySeed], [6, 6, [1, 1]]);
  });

  it('refuses what cannot be compared', () => {
    const one = answersOf([[2]], [[1]], 'a');
    assert.throws(() => compareAnswers([one], [1]), RangeError);
    assert.throws(() => compareAnswers([one, { ...one, bySeed: [] }], [1]), RangeError);
    assert.throws(() => compareAnswers([one, { ...one, bySeed: [[]] }], [1]), /no picture/);
  });

  it('names a winner of equal recipes no more often than it says, and of unlike ones nearly always', () => {
    const random = Random.fromSeed(11);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const people = 30;
    /** Three seeds; people differ, seeds differ, and each recipe has people that suit it. */
    const round = (edge: number) => {
      const suits = [0, 1, 2].map(() => Array.from({ length: people }, () => 0.1 * normal()));
      const pictures = [0, 1, 2].map(() => new Array<number>(people).fill(4));
      const all = suits.map((own, r) => {
        const right = pictures.map((counts) => {
          const seed = 0.02 * normal();
          const rate = (p: number) => 0.75 + own[p]! + seed + (r === 0 ? edge : 0);
          return counts.map(
            (count, p) => Array.from({ length: count }, () => random.uniform() < rate(p)).filter(Boolean).length,
          );
        });
        return answersOf(pictures, right, `r${r}`);
      });
      return compareAnswers(all, [1, 2, 3]).pairs;
    };
    const rounds = Array.from({ length: 150 }, () => round(0));
    const claims = rounds.filter((pairs) => pairs.some(({ better }) => better !== 'open')).length;
    assert.ok(claims <= 0.05 * rounds.length, `${claims} of ${rounds.length} rounds with a winner of equals`);
    const found = Array.from({ length: 40 }, () => round(0.3)).filter(([pair]) => pair!.better === 'first').length;
    assert.ok(found >= 36, `${found} of 40`);
  });
});
