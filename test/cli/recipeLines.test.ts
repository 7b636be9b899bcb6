import assert from 'node:assert/strict';
import { recipeLines } from '../../src/cli/recipeLines.js';
import type { RecipeComparison, RecipeOutcome, RecipePair } from '../../src/protocol/recipeComparison.js';

const outcome = (recipe: string, right: number, bySeed: number[], unanswered = 0): RecipeOutcome => {
  const accuracy = right / 1107;
  const accuracyInterval: [number, number] = [accuracy - 0.012, accuracy + 0.008];
  return { recipe, right, of: 1107, accuracy, accuracyInterval, bySeed, unanswered, seconds: 250 };
};

const pair = (first: string, second: string, difference: number, half: number): RecipePair => {
  const differenceInterval: [number, number] = [difference - half, difference + half];
  const better = differenceInterval[0] > 0 ? 'first' : differenceInterval[1] < 0 ? 'second' : 'open';
  return { first, second, difference, differenceInterval, better, wants: half > 0.02 ? 'seeds' : 'people' };
};

const comparison: RecipeComparison = {
  ...{ seeds: [128, 129, 130], pictures: [368, 370, 369], people: 158, confidence: 0.95 },
  recipes: [
    outcome('door', 1080, [0.973, 0.978, 0.976]),
    outcome('face', 1078, [0.971, 0.977, 0.974], 2),
    outcome('default', 600, [0.52, 0.56, 0.54]),
  ],
  pairs: [pair('door', 'face', 0.002, 0.01), pair('door', 'default', 0.43, 0.03), pair('default', 'face', -0.43, 0.04)],
};

describe('a comparison of recipes at a terminal', () => {
  it('is a table of counts, shares, intervals, seeds and times', () => {
    const [asked, , ...rest] = recipeLines(comparison);
    assert.equal(asked, '3 seeds each, on 368, 370, 369 new pictures of 158 people');
    assert.deepEqual(rest.slice(0, 4), [
      'recipe   right     of          95 % interval      by seed    training',
      'door     1,080  1,107  97.6 %    96.4–98.4 %  97.3–97.8 %  4 min 10 s',
      'face     1,078  1,107  97.4 %    96.2–98.2 %  97.1–97.7 %  4 min 10 s',
      'default    600  1,107  54.2 %    53.0–55.0 %  52.0–56.0 %  4 min 10 s',
    ]);
  });

  it('names a winner only outside of the interval, and says what would tell', () => {
    const lines = recipeLines(comparison);
    for (const line of [
      'face finds no face in 2 pictures of all seeds: these count for nobody, though they are misses of its own.',
      'door and face: too close to call (+0.2, −0.8 to +1.2 points). More people would tell.',
      'door and default: door is better, by 40.0 to 46.0 points.',
      'default and face: face is better, by 39.0 to 47.0 points.',
      'All of these together hold with 95 % confidence.',
    ])
      assert.ok(lines.includes(line), `${line}\nin\n${lines.join('\n')}`);
    assert.ok(!lines.some((line) => line.includes('one seed')));
  });

  it('says of a single seed that nobody knows what chance did, and counts the same pictures once', () => {
    const recipes = comparison.recipes.slice(0, 2).map((own) => ({ ...own, bySeed: [own.accuracy] }));
    const one = { ...comparison, recipes, seeds: [128], pictures: [368], pairs: [pair('door', 'face', 0, 0)] };
    const lines = recipeLines(one);
    assert.equal(lines[0], '1 seed each, on 368 new pictures of 158 people');
    assert.doesNotMatch(lines[2]!, /by seed/);
    assert.ok(lines.includes('With one seed nobody knows how much chance had a hand in it: add --seeds 3.'));
    assert.ok(lines.includes('door and face: too close to call (0.0, 0.0 to 0.0 points). More people would tell.'));
    assert.ok(!lines.some((line) => line.startsWith('All of these')));
  });

  it('speaks of pictures of all seeds at once where they are as many', () => {
    const lines = recipeLines({ ...comparison, pictures: [368, 368, 368] });
    assert.equal(lines[0], '3 seeds each, on 368 new pictures of 158 people');
  });

  it('says of each recipe that finds no face where others do, and of none that finds all', () => {
    const recipes = [outcome('door', 1080, [0.97]), outcome('face', 1078, [0.97], 1)];
    const lines = recipeLines({ ...comparison, recipes, pairs: [] });
    const told = lines.filter((line) => line.includes('finds no face'));
    assert.deepEqual(told, [
      'face finds no face in 1 picture of all seeds: these count for nobody, though they are misses of its own.',
    ]);
  });

  it('asks for more seeds where these differ most', () => {
    const lines = recipeLines({ ...comparison, pairs: [pair('door', 'face', -0.01, 0.05)] });
    const [line] = lines.filter((one) => one.includes('too close to call'));
    assert.equal(line, 'door and face: too close to call (−1.0, −6.0 to +4.0 points). More seeds would tell.');
  });
});
