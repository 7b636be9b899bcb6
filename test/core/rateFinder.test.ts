import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { hasDiverged, proposedRate, RATE_STEPS, rateOfStep, smoothed } from '../../src/core/rateFinder.js';
import { rateWords } from '../../src/core/rateWords.js';

const rates = Array.from({ length: RATE_STEPS }, (_, step) => rateOfStep('adam', step));
const curveOf = (losses: readonly number[]) => {
  const smooth = smoothed(losses);
  return losses.map((loss, i) => ({ rate: rates[i]!, loss, smoothed: smooth[i]! }));
};
/** Falls in an S around one rate, and leaves behind another. */
const usual = (rate: number, falls: number, leaves: number) =>
  5 - 4 / (1 + (falls / rate) ** 2) + (rate > leaves ? 30 * Math.log10(rate / leaves) ** 2 : 0);

describe('a search for a learning rate', () => {
  it('grows by the same factor from step to step, from end to end', () => {
    assert.ok(Math.abs(rates[0]! - 1e-6) < 1e-20 && Math.abs(rates.at(-1)! - 1) < 1e-12);
    const factors = rates.slice(1).map((rate, i) => rate / rates[i]!);
    for (const factor of factors) assert.ok(Math.abs(factor - 10 ** (6 / 99)) < 1e-12);
    assert.equal(rateOfStep('sgd', 0), 1e-5);
  });

  it('smooths without bias and without a lag: a ramp stays where it is, a constant what it is', () => {
    for (const value of smoothed(Array<number>(40).fill(3))) assert.ok(Math.abs(value - 3) < 1e-12);
    const ramp = smoothed(Array.from({ length: 101 }, (_, i) => i));
    assert.ok(Math.abs(ramp[50]! - 50) < 0.5, `${ramp[50]}`);
  });

  it('finds the steepest place within a third of a decade, through noise, whichever the seed', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = Random.fromSeed(seed);
      const losses = rates.map((rate) => usual(rate, 1e-3, 0.3) + random.between(-0.2, 0.2));
      const { rate, steepest } = proposedRate(curveOf(losses))!;
      // The steepest place of 1 / (1 + (c / r)²) on log r is r = c.
      assert.ok(Math.abs(Math.log10(steepest) + 3) < 0.34, `seed ${seed}: ${steepest}`);
      assert.equal(rate, Number(steepest.toPrecision(2)));
    }
  });

  it('keeps a third off the lowest where the fall is right before the edge', () => {
    const losses = rates.map((rate) => usual(rate, 1e-2, 2e-2));
    const found = proposedRate(curveOf(losses))!;
    assert.ok(found.steepest > found.lowest / 3);
    assert.equal(found.rate, Number((found.lowest / 3).toPrecision(2)));
    const words = rateWords({ proposal: found, diverged: true, curve: curveOf(losses) }).join(' ');
    assert.match(words, /^Proposed learning rate: 0\.00\d+ That is a third of the rate with the lowest loss/);
  });

  it('proposes nothing where the loss does not fall', () => {
    for (const losses of [rates.map(() => 5), rates.map((rate) => 5 + 10 * rate), [5, 4], []])
      assert.equal(proposedRate(curveOf(losses)), undefined);
    assert.match(rateWords({ curve: [], diverged: true }).join(' '), /^No learning rate is proposed/);
  });

  it('ends where the loss is no number or far above its lowest, and not for one bad batch', () => {
    const calm = Array<number>(30).fill(5);
    assert.ok(!hasDiverged(calm) && !hasDiverged([...calm, 100]) && !hasDiverged([]));
    for (const last of [NaN, Infinity]) assert.ok(hasDiverged([...calm, last]));
    assert.ok(hasDiverged([...calm, 100, 100, 100]));
  });
});
