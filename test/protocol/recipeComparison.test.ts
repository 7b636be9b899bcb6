import assert from 'node:assert/strict';
import { answer, recipeComparison } from '../../src/protocol/recipeComparison.js';

const outcome = {
  ...{ recipe: 'door', right: 9, of: 10, accuracy: 0.9, accuracyInterval: [0.6, 0.99], bySeed: [0.9] },
  ...{ unanswered: 0, seconds: 4 },
};
const pair = {
  ...{ first: 'door', second: 'face', difference: 0.1, differenceInterval: [-0.1, 0.3] },
  ...{ better: 'open', wants: 'people' },
};
const whole = {
  ...{ seeds: [0], pictures: [10], people: 3, recipes: [outcome], pairs: [pair], confidence: 0.95 },
};

describe('a comparison of recipes, as programs read it', () => {
  it('is taken whole, and in no part left out or turned into something else', () => {
    assert.deepEqual(recipeComparison.parse(whole), whole);
    for (const [of, put] of [
      [whole, (part: object) => part],
      [outcome, (part: object) => ({ ...whole, recipes: [part] })],
      [pair, (part: object) => ({ ...whole, pairs: [part] })],
    ] as const)
      for (const name of Object.keys(of)) {
        const without = Object.fromEntries(Object.entries(of).filter(([key]) => key !== name));
        assert.ok(!recipeComparison.safeParse(put(without)).success, `without ${name}`);
        assert.ok(!recipeComparison.safeParse(put({ ...of, [name]: null })).success, `${name} of null`);
      }
    assert.ok(!recipeComparison.safeParse({ ...whole, pairs: [{ ...pair, better: 'door' }] }).success);
    assert.ok(!answer.safeParse({ file: 'a', person: 'b', right: 1 }).success);
  });
});
