import assert from 'node:assert/strict';
import { emptyRunState, reduceAll, type RunState } from '../../src/core/runState.js';
import { SMOOTHING, type Quantity, type Shown, type View } from '../../webview/axis.js';
import { RunCurves } from '../../webview/curves.js';
import { fade } from '../../webview/theme.js';
import { beginning, epoch, recordedRun, step } from '../support/runEvents.js';

const shown = (view: View): Shown => ({ view, smoothing: SMOOTHING, log: false });
const curvesOf = (state: RunState, quantity: Quantity, view: View) => new RunCurves().of(state, quantity, shown(view));

describe('RunCurves', () => {
  const state = {
    ...emptyRunState(),
    steps: Array.from({ length: 25 }, (_, i) => step(i + 1)),
    epochs: [epoch(1), epoch(2)],
  };

  it('draws every step, and validation where it was made', () => {
    const { steps, stepCount, training, validation } = curvesOf(state, 'loss', 'step');
    assert.equal(stepCount, 25);
    assert.deepEqual(steps[4], { x: 5, y: 2 });
    assert.deepEqual(training, steps, 'a short run is not smoothed');
    assert.deepEqual(validation, [
      { x: 10, y: 3 },
      { x: 20, y: 3 },
    ]);
  });

  it('draws the steps alone where nothing is smoothed', () => {
    const { steps, training } = new RunCurves().of(state, 'loss', { ...shown('step'), smoothing: 0 });
    assert.deepEqual(steps, []);
    assert.deepEqual(training[4], { x: 5, y: 2 });
    assert.equal(training.length, 25);
  });

  it('draws what lies between two places, and what leads there', () => {
    for (const view of ['step', 'epoch'] as const) {
      const range = view === 'step' ? { from: 12, to: 14 } : { from: 1.2, to: 1.4 };
      const { steps, training, validation, end } = new RunCurves().of(state, 'loss', { ...shown(view), range });
      const places = (points: readonly { x: number }[]) => points.map(({ x }) => x);
      if (view === 'step') assert.deepEqual(places(steps), [11, 12, 13, 14, 15]);
      else assert.deepEqual(places(training), [1, 2]);
      assert.deepEqual(places(validation), view === 'step' ? [10, 20] : [1, 2]);
      assert.equal(end, view === 'step' ? 25 : 2);
    }
  });

  it('reads a place: the step there, and the last validation up to it', () => {
    const curves = new RunCurves();
    const at = (x: number) => curves.at(state, 'loss', 'step', x);
    assert.deepEqual(at(14.4), { own: { x: 14, y: 10 / 14 }, validation: { x: 10, y: 3 } });
    assert.deepEqual(at(3), { own: { x: 3, y: 10 / 3 }, validation: undefined });
    assert.deepEqual(curves.at(state, 'accuracy', 'epoch', 1.8), {
      own: { x: 2, y: 0.2 },
      validation: { x: 2, y: 0.3 },
    });
    assert.equal(new RunCurves().at(emptyRunState(), 'loss', 'step', 1), undefined);
  });

  it('marks where another stage begins, and nothing in a run of one stage', () => {
    const begins = (name: 'head' | 'all', e: number, s: number) =>
      ({ type: 'stage', name, epoch: e, step: s }) as const;
    assert.deepEqual(curvesOf({ ...state, stages: [begins('all', 1, 0)] }, 'loss', 'step').marks, []);
    const every = { text: 'every layer', meaning: 'every layer: from here all layers learn; a jump is normal' };
    const two = { ...state, stages: [begins('head', 1, 0), begins('all', 2, 10)] };
    assert.deepEqual(curvesOf(two, 'loss', 'step').marks, [{ x: 10.5, ...every }]);
    assert.deepEqual(curvesOf(two, 'loss', 'epoch').marks, [{ x: 1.5, ...every }]);
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

describe('RunCurves over a log', () => {
  const steps = Array.from({ length: 3000 }, (_, i) => step(i + 1));
  const events = [...beginning(), ...steps.flatMap((s) => (s.step % 10 === 0 ? [s, epoch(s.step / 10)] : [s]))];

  it('draws a run that is followed as one that is read at once', () => {
    const followed = new RunCurves();
    let state = emptyRunState();
    for (let i = 0; i < events.length; i += 701) {
      state = reduceAll(events.slice(i, i + 701), state);
      followed.of(state, 'loss', shown('step'));
    }
    for (const quantity of ['loss', 'accuracy'] as const)
      for (const view of ['step', 'epoch'] as const)
        assert.deepEqual(followed.of(state, quantity, shown(view)), curvesOf(reduceAll(events), quantity, view));
    assert.equal(followed.of(state, 'loss', shown('step')).stepCount, 3000);
  });

  it('draws a run behind its parent, and names what begins', () => {
    const float = reduceAll(recordedRun('float'));
    const int8 = reduceAll(recordedRun('int8'));
    const parent = { state: float, checkpoint: 'checkpoints/epoch-0001', step: 3, epoch: 1 };
    const { steps, stepCount, validation, marks, levels } = new RunCurves(parent).of(int8, 'accuracy', shown('step'));
    assert.equal(stepCount, 6);
    assert.deepEqual(
      steps.map(({ x }) => x),
      [1, 2, 3, 4, 5, 6],
    );
    assert.deepEqual(
      validation.map(({ x }) => x),
      [3, 6],
    );
    assert.match(marks.map(({ text }) => text).join(), /fine-tuning.*calibrated/);
    assert.deepEqual(
      levels.map(({ text }) => text),
      ['float', 'post-training'],
    );
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
