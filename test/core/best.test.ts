import assert from 'node:assert/strict';
import { bestOf, isBetter } from '../../src/core/best.js';
import { checkpointFacts, keptCheckpoints } from '../../src/core/checkpoints.js';
import { bestCheckpoint, bestEpoch, reduceAll } from '../../src/core/runState.js';
import type { EventOf } from '../../src/protocol/runEvents.js';

const epoch = (n: number, valAccuracy: number, valLoss = 1): EventOf<'epoch'> => ({
  ...{ type: 'epoch', epoch: n, step: 10 * n, loss: 1, accuracy: 0.5, valLoss, valAccuracy },
  ...{ imagesPerSecond: 1, learningRate: 1, elapsedSeconds: 1 },
});
const checkpoint = (n: number, best: boolean): EventOf<'checkpoint'> => ({
  ...{ type: 'checkpoint', path: `checkpoints/epoch-000${n}`, epoch: n, step: 10 * n, bytes: 1, best },
});
const stopped: EventOf<'checkpoint'> = {
  ...{ type: 'checkpoint', path: 'checkpoints/step-000052', epoch: 4, step: 52, bytes: 1, best: false },
};

describe('the best of a run', () => {
  it('is found by accuracy, of equal ones by loss, of equal losses it is the later', () => {
    for (const [later, earlier, expected] of [
      [{ valAccuracy: 0.6, valLoss: 2 }, { valAccuracy: 0.5, valLoss: 1 }, true],
      [{ valAccuracy: 0.5, valLoss: 1 }, { valAccuracy: 0.6, valLoss: 2 }, false],
      [{ valAccuracy: 0.5, valLoss: 0.9 }, { valAccuracy: 0.5, valLoss: 1 }, true],
      [{ valAccuracy: 0.5, valLoss: 1.1 }, { valAccuracy: 0.5, valLoss: 1 }, false],
      [{ valAccuracy: 0.5, valLoss: 1 }, { valAccuracy: 0.5, valLoss: 1 }, true],
      [{ valAccuracy: 0.5 }, { valAccuracy: 0.5, valLoss: 9 }, false],
      [{ valAccuracy: 0.5, valLoss: 9 }, { valAccuracy: 0.5 }, true],
      [{ valAccuracy: 0.5 }, { valAccuracy: 0.5 }, true],
      [{ valAccuracy: 0 }, undefined, true],
    ] as const) {
      const better = isBetter(later, earlier);
      assert.equal(better, expected, JSON.stringify([later, earlier]));
    }
    const seen = [epoch(10, 0.983, 0.113), epoch(11, 0.983, 0.076), epoch(12, 0.983, 0.058), epoch(13, 0.9, 0.01)];
    assert.equal(bestOf(seen)?.epoch, 12);
    assert.equal(bestOf<EventOf<'epoch'>>([]), undefined);
  });

  it('is that of the newest checkpoint that was the best: a quantized part begins anew', () => {
    const events = [epoch(1, 0.8), checkpoint(1, true), epoch(2, 0.9), checkpoint(2, true), epoch(3, 0.5)];
    assert.equal(bestEpoch(reduceAll(events))?.epoch, 2, 'of the checkpoints; the third epoch has none yet');
    const quantized = reduceAll([...events, checkpoint(3, true), epoch(4, 0.4), checkpoint(4, false)]);
    assert.equal(bestEpoch(quantized)?.epoch, 3);
    assert.equal(bestCheckpoint(quantized)?.path, 'checkpoints/epoch-0003');
    assert.equal(bestEpoch(reduceAll([epoch(1, 0.8), epoch(2, 0.7)]))?.epoch, 1, 'without any checkpoint');
  });
});

describe('a checkpoint of a stop', () => {
  it('is known as a step inside an epoch, without a validation', () => {
    const state = reduceAll([epoch(4, 0.55), checkpoint(4, true), stopped]);
    assert.deepEqual(checkpointFacts(state, stopped), {
      title: 'Step 52, in epoch 5',
      validated: undefined,
      best: false,
    });
    assert.deepEqual(checkpointFacts(state, checkpoint(4, true)), {
      title: 'Epoch 4',
      validated: epoch(4, 0.55),
      best: true,
    });
    assert.equal(checkpointFacts(state, checkpoint(3, true)).validated, undefined, 'one whose epoch is in no log');
  });
});

describe('the rule of what is kept', () => {
  it('is the newest few and the best one, in their order, and two inside the epoch at hand', () => {
    const inside = (step: number) => ({ ...stopped, path: `checkpoints/step-0000${step}`, step });
    const before = [checkpoint(1, true), inside(15), checkpoint(2, true), checkpoint(3, false), checkpoint(4, false)];
    const written = [...before, inside(50), inside(51), stopped];
    const names = (newest: number) => keptCheckpoints(written, newest).map(({ epoch: n, path }) => `${n} ${path}`);
    assert.deepEqual(names(2), [
      ...['2 checkpoints/epoch-0002', '3 checkpoints/epoch-0003', '4 checkpoints/epoch-0004'],
      ...['4 checkpoints/step-000051', '4 checkpoints/step-000052'],
    ]);
    assert.equal(names(9).length, 6);
    assert.deepEqual(keptCheckpoints([], 2), []);
  });
});
