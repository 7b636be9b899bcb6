import assert from 'node:assert/strict';
import { lossWords } from '../../src/core/lossWords.js';
import { emptyRunState, reduceAll } from '../../src/core/runState.js';
import { renderReport } from '../../src/report/report.js';
import { SAMPLE_EVENTS } from '../support/sampleEvents.js';
import { withRecipe } from '../../src/protocol/recipes.js';

const said = (recipe: 'face' | 'door' | 'default' | 'original', more: object = {}) =>
  lossWords(withRecipe(recipe, { dataset: '/d', ...more }).data!);

describe('what a run makes smaller, in words', () => {
  it('is what the recipe comes to', () => {
    assert.equal(said('face'), 'CosFace, scale 32, margin 0.4');
    assert.equal(said('original'), 'softmax');
    assert.equal(said('default'), 'softmax, labels smoothed by 0.1');
  });

  it('names each loss with its settings, and what stands beside it', () => {
    const sampler = { people: 4, pictures: 2 };
    assert.equal(
      said('face', { loss: 'arcface', logitScale: 'auto' }),
      'ArcFace, scale by the number of people, margin 0.4',
    );
    assert.equal(said('face', { loss: 'combined' }), 'combined margin, scale 32, margins 1, 0.3, 0.2');
    assert.equal(said('door', { loss: 'triplet', mining: 'semi-hard', sampler }), 'triplets, semi-hard, margin 0.4');
    assert.equal(said('door', { loss: 'distillation' }), 'distillation, 1 − cosine');
    assert.equal(said('door', { distillationWeight: 4 }), 'CosFace, scale 32, margin 0.4; distillation, weight 4');
  });

  it('stands in the report of a run', () => {
    const run = { ...SAMPLE_EVENTS.run, options: withRecipe('door', { dataset: '/d', margin: 0.3 }).data! };
    assert.match(
      renderReport(reduceAll([run], emptyRunState())),
      /<th scope="row">Loss<\/th><td>CosFace, scale 32, margin 0.3</,
    );
  });
});
