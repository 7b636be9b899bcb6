import assert from 'node:assert/strict';
import { optionsOf } from '../../src/protocol/optionInfo.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { withRecipe } from '../../src/protocol/recipes.js';

const sampledOf = (sampledClasses?: unknown) =>
  trainingOptions.safeParse({ dataset: '/d', ...(sampledClasses !== undefined && { sampledClasses }) }).data
    ?.sampledClasses;

describe('the option for very many people', () => {
  it('is decided by how many there are, unless somebody says it', () => {
    assert.equal(sampledOf(), 'auto');
    for (const value of ['auto', 0, 1, 4096]) assert.equal(sampledOf(value), value);
    for (const value of ['all', 0.5, -1, true]) assert.equal(sampledOf(value), undefined, String(value));
  });

  it('is said by one flag, with a number', () => {
    const [option, ...others] = optionsOf(trainingOptions).filter(({ path }) => path.join() === 'sampledClasses');
    assert.deepEqual(others, []);
    assert.deepEqual([option!.info.flag, option!.info.value], ['sampled-classes', 'N']);
    assert.match(option!.info.help, /0: against all; auto: 4096 where people are more than 20,000/);
  });

  it('is the same in every recipe, and stays what somebody says', () => {
    for (const recipe of ['face', 'door', 'default', 'fast', 'original'] as const) {
      assert.equal(withRecipe(recipe, { dataset: '/d' }).data!.sampledClasses, 'auto', recipe);
      assert.equal(withRecipe(recipe, { dataset: '/d', sampledClasses: 512 }).data!.sampledClasses, 512, recipe);
    }
  });
});
