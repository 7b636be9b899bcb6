import assert from 'node:assert/strict';
import { byHeartFrom, hasGrown } from '../../src/core/byHeart.js';

/** Epochs of a run whose training loss falls, by their validation losses. */
const run = (...valLosses: (number | undefined)[]) =>
  valLosses.map((valLoss, i) => ({ epoch: i + 1, loss: 3 / (i + 1), valLoss }));

describe('byHeartFrom', () => {
  it('is the epoch behind which the loss of new pictures grew three times in a row', () => {
    const epochs = run(3, 2, 1, 1.1, 1.2, 1.3);
    assert.equal(byHeartFrom(epochs, epochs[2])?.epoch, 3);
    assert.equal(byHeartFrom(epochs, undefined)?.epoch, 3, 'the lowest loss, when none is the best yet');
    assert.equal(byHeartFrom(epochs.slice(0, 5), epochs[2]), undefined, 'twice is chance');
    assert.equal(byHeartFrom(run(), undefined), undefined);
  });

  it('stays where the loss goes up and down behind it, and is taken back when it sinks below its lowest', () => {
    const epochs = run(3, 1, 1.1, 1.2, 1.3, 1.25, 1.4);
    assert.equal(byHeartFrom(epochs, epochs[1])?.epoch, 2);
    const better = run(3, 1, 1.1, 1.2, 1.3, 0.9);
    assert.equal(byHeartFrom(better, better[5]), undefined);
  });

  it('is not before the best epoch: what was learned up to there was more than its own pictures', () => {
    const epochs = run(3, 1, 1.1, 1.2, 1.3, 1.4, 1.5);
    assert.equal(byHeartFrom(epochs, epochs[3])?.epoch, 4);
    assert.equal(byHeartFrom(epochs, epochs[4]), undefined);
  });

  it('is nowhere where the training loss grows too, or a loss in between was not finite', () => {
    const fails = run(3, 1, 1.1, 1.2, 1.3).map((epoch, i) => ({ ...epoch, loss: i + 1 }));
    assert.equal(byHeartFrom(fails, fails[1]), undefined);
    const gap = run(3, 1, 1.1, undefined, 1.2, 1.3);
    assert.equal(byHeartFrom(gap, gap[1]), undefined);
  });
});

describe('hasGrown', () => {
  it('looks at the last epochs alone, and equal is not more', () => {
    assert.ok(hasGrown(run(9, 1, 2, 3, 4)));
    assert.ok(!hasGrown(run(1, 2, 2, 3)));
    assert.ok(!hasGrown(run(1, 2, 3)));
    assert.ok(hasGrown(run(1, 2), 1));
  });
});
