import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { fitted, moved, zoomed } from '../../webview/range.js';

const whole = { from: 0, to: 100 };

describe('the range shown', () => {
  it('is zoomed around a place that stays where it is', () => {
    assert.deepEqual(zoomed({ from: 20, to: 60 }, whole, 30, 0.5), { from: 25, to: 45 });
    assert.deepEqual(zoomed({ from: 25, to: 45 }, whole, 30, 2), { from: 20, to: 60 });
  });

  it('is the whole, which grows with the run, when it reaches it', () => {
    assert.equal(zoomed({ from: 20, to: 60 }, whole, 30, 3), undefined);
    assert.equal(fitted({ from: -5, to: 200 }, whole), undefined);
  });

  it('is moved as far as there is something', () => {
    assert.deepEqual(moved({ from: 20, to: 60 }, whole, 15), { from: 35, to: 75 });
    assert.deepEqual(moved({ from: 20, to: 60 }, whole, 70), { from: 60, to: 100 });
    assert.deepEqual(moved({ from: 20, to: 60 }, whole, -70), { from: 0, to: 40 });
  });

  it('is never narrower than two steps, nor outside, whatever is done', () => {
    assert.deepEqual(fitted({ from: 50, to: 50 }, whole), { from: 49, to: 51 });
    const random = Random.fromSeed(4);
    let shown: { from: number; to: number } | undefined;
    for (let i = 0; i < 2000; i++) {
      const now: { from: number; to: number } = shown ?? whole;
      const at = random.uniform() * 140 - 20;
      shown = random.integer(2) ? zoomed(now, whole, at, 0.3 + 1.5 * random.uniform()) : moved(now, whole, at - 50);
      if (!shown) continue;
      assert.ok(shown.from >= 0 && shown.to <= 100 + 1e-9, `${i}: ${shown.from} to ${shown.to}`);
      assert.ok(shown.to - shown.from > 2 - 1e-9, `${i}: ${shown.from} to ${shown.to}`);
    }
  });
});
