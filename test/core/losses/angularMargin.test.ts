import assert from 'node:assert/strict';
import { marginCosine, type AngularMargins } from '../../../src/core/losses/angularMargin.js';
import { computeLoss } from '../../../src/core/losses/losses.js';

const MARGINS: readonly AngularMargins[] = [
  { m1: 1, m2: 0, m3: 0 },
  { m1: 1, m2: 0.5, m3: 0 },
  { m1: 1, m2: 2.99, m3: 0.9 },
  { m1: 4.9, m2: 2.9, m3: 0 },
  { m1: 1.35, m2: 1e-9, m3: 0.2 },
];

describe('an angular margin', () => {
  for (const margins of MARGINS)
    it(`${JSON.stringify(margins)} rises with the cosine everywhere, without a jump, at the slope it tells`, () => {
      let before = marginCosine(-1.001, margins);
      const [steps, from, to] = [200_000, -1.001, 1.001];
      const width = (to - from) / steps;
      for (let i = 1; i <= steps; i++) {
        const cosine = from + i * width;
        const now = marginCosine(cosine, margins);
        const rise = now.value - before.value;
        assert.ok(Number.isFinite(now.slope) && now.slope >= 0, `slope ${now.slope} at ${cosine}`);
        assert.ok(rise >= -1e-15, `it falls by ${-rise} at ${cosine}`);
        // Between the slopes at both ends, or at a turn the 1 beyond it.
        const most = Math.max(now.slope, before.slope, 1) * width;
        assert.ok(rise <= most + 1e-12, `it rises by ${rise} at ${cosine}, at most ${most} by its slopes`);
        before = now;
      }
    });

  it('keeps the gradient finite at cosines of 1 and −1, and a float beyond', () => {
    for (const cosine of [1, 1 + 2 ** -23, -1, -1 - 2 ** -23, 1 - 2 ** -24])
      for (const margins of MARGINS) {
        const { value, slope } = marginCosine(cosine, margins);
        assert.ok(Number.isFinite(value) && slope >= 0 && slope < 10_000, `${cosine}: ${value}, slope ${slope}`);
      }
  });

  it('of the cosine alone is CosFace, of the angle alone ArcFace', () => {
    const outputs = { scores: Float32Array.of(6, -2, 3, 1, 5, -7) };
    const labels = Int32Array.of(0, 2);
    const of = (m2: number, m3: number) =>
      computeLoss({ kind: 'combined', scale: 8, m1: 1, m2, m3 }, outputs, labels).lossSum;
    const cosface = computeLoss({ kind: 'cosface', scale: 8, margin: 0.3 }, outputs, labels).lossSum;
    assert.ok(Math.abs(of(0, 0.3) - cosface) < 1e-12);
    assert.equal(of(0.3, 0), computeLoss({ kind: 'arcface', scale: 8, margin: 0.3 }, outputs, labels).lossSum);
  });

  it('adds to the angle: two people at cosines 0.8 and 0.3, s = 10, m = 0.5', () => {
    // cos(θ + m) = cos θ cos m − sin θ sin m; the sine to a cosine of 0.8 is 0.6.
    const { lossSum } = computeLoss(
      { kind: 'arcface', scale: 10, margin: 0.5 },
      { scores: Float32Array.of(8, 3) },
      Int32Array.of(0),
    );
    const own = 10 * (0.8 * Math.cos(0.5) - 0.6 * Math.sin(0.5));
    assert.ok(Math.abs(lossSum - Math.log1p(Math.exp(3 - own))) < 1e-7, `${lossSum}`);
  });
});
