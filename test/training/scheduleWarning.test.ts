import assert from 'node:assert/strict';
import { trainingOptions, type TrainingOptionsInput } from '../../src/protocol/options.js';
import { scheduleWarning } from '../../src/training/scheduleWarning.js';

const said = (options: Partial<TrainingOptionsInput>): string | undefined => {
  const told = scheduleWarning(trainingOptions.parse({ dataset: '/d', epochs: 6, ...options }));
  return told?.type === 'warning' ? told.message : undefined;
};

describe('a schedule', () => {
  it('says what the run is too short for', () => {
    assert.match(said({ warmupEpochs: 6.5 })!, /would end after epoch 6\.5, but the run has only 6 epochs/);
    assert.match(said({ warmupEpochs: 2, headEpochs: 5 })!, /would end after epoch 7/);
    assert.match(said({ schedule: 'steps', decayEpochs: [9, 6] })!, /would fall after epoch 6, but the run has only 6/);
    assert.match(said({ schedule: 'steps' })!, /no epoch is named/);
  });

  it('says nothing where all of it comes about, or part of it', () => {
    assert.equal(said({}), undefined);
    assert.equal(said({ schedule: 'steps', decayEpochs: [5, 60] }), undefined);
    assert.equal(said({ warmupEpochs: 6 }), undefined);
    assert.equal(said({ warmupEpochs: 2, headEpochs: 5, frozen: true }), undefined);
  });
});
