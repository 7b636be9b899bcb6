import assert from 'node:assert/strict';
import { emptyRunState } from '../../src/core/runState.js';
import type { EventOf } from '../../src/protocol/runEvents.js';
import { curvesOf, smooth } from '../../webview/curves.js';
import { fade } from '../../webview/theme.js';

const step = (n: number): EventOf<'step'> => ({
  type: 'step',
  epoch: Math.ceil(n / 10),
  step: n,
  loss: 10 / n,
  accuracy: n / 1000,
  learningRate: 1,
  imagesPerSecond: 1,
  etaSeconds: 1,
});
const epoch = (n: number): EventOf<'epoch'> => ({
  type: 'epoch',
  epoch: n,
  step: 10 * n,
  loss: 2,
  accuracy: 0.2,
  valLoss: 3,
  valAccuracy: 0.3,
  imagesPerSecond: 1,
  learningRate: 1,
  elapsedSeconds: 1,
});

describe('curvesOf', () => {
  const state = {
    ...emptyRunState(),
    steps: Array.from({ length: 25 }, (_, i) => step(i + 1)),
    epochs: [epoch(1), epoch(2)],
  };

  it('draws every step, and validation where it was made', () => {
    const { steps, training, validation } = curvesOf(state, 'loss', 'step');
    assert.equal(steps.length, 25);
    assert.deepEqual(steps[4], { x: 5, y: 2 });
    assert.deepEqual(training, steps, 'a short run is not smoothed');
    assert.deepEqual(validation, [
      { x: 10, y: 3 },
      { x: 20, y: 3 },
    ]);
  });

  it('marks where another stage begins, and nothing in a run of one stage', () => {
    const begins = (name: 'head' | 'all', e: number, s: number) =>
      ({ type: 'stage', name, epoch: e, step: s }) as const;
    assert.deepEqual(curvesOf({ ...state, stages: [begins('all', 1, 0)] }, 'loss', 'step').marks, []);
    const two = { ...state, stages: [begins('head', 1, 0), begins('all', 2, 10)] };
    assert.deepEqual(curvesOf(two, 'loss', 'step').marks, [{ x: 10.5, text: 'every layer' }]);
    assert.deepEqual(curvesOf(two, 'loss', 'epoch').marks, [{ x: 1.5, text: 'every layer' }]);
  });

  it('draws the same by epoch', () => {
    const { steps, training, validation } = curvesOf(state, 'accuracy', 'epoch');
    assert.deepEqual(steps, []);
    assert.deepEqual(training, [
      { x: 1, y: 0.2 },
      { x: 2, y: 0.2 },
    ]);
    assert.deepEqual(validation[1], { x: 2, y: 0.3 });
  });
});

describe('smooth', () => {
  it('leaves a constant as it is and starts without a pull to zero', () => {
    const constant = Array.from({ length: 300 }, (_, x) => ({ x, y: 5 }));
    for (const { y } of smooth(constant)) assert.ok(Math.abs(y - 5) < 1e-9);
  });
});

describe('fade', () => {
  it('takes every notation that themes use', () => {
    assert.equal(fade('#123', 0.5), 'rgba(17,34,51,0.5)');
    assert.equal(fade('#102030', 0.25), 'rgba(16,32,48,0.25)');
    assert.equal(fade('#10203080', 1), `rgba(16,32,48,${128 / 255})`);
    assert.equal(fade('rgb(1, 2, 3)', 0.5), 'rgba(1, 2, 3,0.5)');
  });
});
