import assert from 'node:assert/strict';
import { batchWords, picturesPerBatch } from '../../src/core/batchSize.js';

describe('the size of a batch', () => {
  it('is the option, or what its people and their pictures come to, whatever the option says', () => {
    const shuffled = { sampler: 'shuffle', batchSize: 128 } as const;
    assert.deepEqual([picturesPerBatch(shuffled), batchWords(shuffled)], [128, 'batch 128']);
    const ofPeople = { sampler: { people: 20, pictures: 4 }, batchSize: 128 } as const;
    assert.deepEqual([picturesPerBatch(ofPeople), batchWords(ofPeople)], [80, 'batch 80 (20 people x 4 pictures)']);
  });
});
