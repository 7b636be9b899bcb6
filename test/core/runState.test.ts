import assert from 'node:assert/strict';
import { bestEpoch, emptyRunState, phaseOf, reduceAll, reduceRun, totalSteps } from '../../src/core/runState.js';
import { runEvent, type EventOf, type RunEvent } from '../../src/protocol/runEvents.js';
import { trainingOptions } from '../../src/protocol/options.js';

const epoch = (n: number, valAccuracy: number): EventOf<'epoch'> => ({
  type: 'epoch',
  epoch: n,
  step: 10 * n,
  loss: 1,
  accuracy: 0.5,
  valLoss: 1,
  valAccuracy,
  imagesPerSecond: 1,
  learningRate: 1,
  elapsedSeconds: 1,
});
const run: RunEvent = {
  type: 'run',
  runFolder: '/r',
  startedAt: '2026-01-01T00:00:00Z',
  pid: 1,
  options: trainingOptions.parse({ dataset: '/d', epochs: 3 }),
};
const dataset: RunEvent = {
  type: 'dataset',
  people: 2,
  images: 20,
  trainImages: 18,
  validationImages: 2,
  stepsPerEpoch: 10,
  skippedCount: 0,
  skipped: [],
};
const dead = { alive: false, stopping: false, ownedHere: false };

describe('runState', () => {
  it('folds a log into the same state at once and event by event', () => {
    const events = [run, dataset, epoch(1, 0.4), epoch(2, 0.6), epoch(3, 0.6)];
    const whole = reduceAll(events);
    let piecewise = emptyRunState();
    for (const event of events) piecewise = reduceRun(piecewise, event);
    assert.deepEqual(piecewise, whole);
    assert.equal(bestEpoch(whole)?.epoch, 3, 'the later of two equals');
    assert.equal(totalSteps(whole), 30);
  });

  it('knows an interrupted run from one in training and from one that ended', () => {
    const state = reduceAll([run, dataset]);
    assert.equal(phaseOf(state, dead), 'interrupted');
    assert.equal(phaseOf(state, { ...dead, alive: true }), 'preparing');
    assert.equal(phaseOf(state, { alive: true, stopping: true, ownedHere: true }), 'stopping');
    const silence = { message: 'm', advice: 'a' };
    for (const alive of [true, false]) assert.equal(phaseOf(state, { ...dead, alive, silence }), 'silent');
    const failed = reduceRun(state, { type: 'failure', code: 'x', message: 'm', advice: 'a' });
    assert.equal(phaseOf(failed, { ...dead, alive: true }), 'failed');
    const stopped = reduceRun(state, { type: 'finished', reason: 'stopped', epochs: 0, steps: 1, elapsedSeconds: 1 });
    assert.equal(phaseOf(stopped, { ...dead, silence }), 'stopped', 'whatever its process does');
  });

  it('accepts only events of the schema', () => {
    assert.ok(runEvent.safeParse(epoch(1, 0.5)).success);
    assert.ok(!runEvent.safeParse({ ...epoch(1, 0.5), valAccuracy: 1.5 }).success);
    assert.ok(!runEvent.safeParse({ type: 'hello' }).success);
  });
});
