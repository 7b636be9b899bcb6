import assert from 'node:assert/strict';
import { withRecipe } from '../../../src/protocol/recipes.js';
import { sampledColumns } from '../../../src/training/classes/sampledClasses.js';

const columnsOf = (people: number, options: Partial<Parameters<typeof withRecipe>[1]> = {}) =>
  sampledColumns(people, withRecipe('door', { dataset: '/d', ...options }).data!);

describe('how many columns a head has of many people', () => {
  it('is one for each picture of a batch, one that is left over, and the sample', () => {
    assert.equal(columnsOf(1000, { sampledClasses: 100, batchSize: 32 }), 133);
    assert.equal(columnsOf(1000, { sampledClasses: 100, sampler: { people: 8, pictures: 3 } }), 125);
  });

  it('is one for everybody where the sample reaches them, and a run is then as without it', () => {
    for (const sampledClasses of [99, 100, 5000, 0]) assert.equal(columnsOf(100, { sampledClasses }), undefined);
    assert.equal(columnsOf(1000, { sampledClasses: 967, batchSize: 32 }), undefined);
    assert.equal(columnsOf(1001, { sampledClasses: 967, batchSize: 32 }), 1000);
  });

  it('is one for everybody unless told otherwise, but of more than 20,000', () => {
    for (const people of [2, 158, 10_575, 20_000]) assert.equal(columnsOf(people), undefined);
    for (const people of [20_001, 1_000_000]) assert.equal(columnsOf(people, { batchSize: 32 }), 4129);
  });

  it('is a sample with every network whose loss compares cosines and whose layers all train at once', () => {
    for (const loss of ['cosface', 'arcface', 'combined'] as const)
      for (const start of [{ weights: 'imagenet' }, { weights: null, backbone: 'mobileFaceNet', size: 112 }] as const)
        assert.equal(columnsOf(100_000, { ...start, loss, batchSize: 32 }), 4129);
  });

  it('is one for everybody where the loss does not compare a picture with people', () => {
    const sampler = { people: 8, pictures: 2 };
    for (const options of [
      { loss: 'triplet', sampler },
      { loss: 'distillation' },
      { distillationWeight: 1 },
      { weights: 'imagenet' },
      { weights: 'imagenet', loss: 'softmax' },
      { weights: 'imagenet', loss: 'cosface', headEpochs: 1 },
      { weights: 'imagenet', loss: 'cosface', frozen: true },
      { averageDecay: 0.9 },
      { quantization: {} },
    ] as const)
      assert.equal(columnsOf(100_000, options), undefined, JSON.stringify(options));
  });
});
