import assert from 'node:assert/strict';
import {
  clopperPearson,
  lowerBound,
  normalQuantile,
  studentQuantile,
  trialsNeeded,
  upperBound,
  wilson,
} from '../../src/evaluation/bounds.js';
import { incompleteBeta, inverseIncompleteBeta, logGamma } from '../../src/evaluation/incompleteBeta.js';
import { reference } from './reference.js';

/** SciPy itself is right to about 1e-11 at a million trials. */
const RELATIVE = 1e-9;

function near(actual: number, expected: number, what: string, tolerance = RELATIVE): void {
  const off = Math.abs(actual - expected);
  assert.ok(off <= tolerance * Math.abs(expected) || off < 1e-300, `${what}: ${actual} for ${expected}`);
}

describe('bounds', () => {
  it("are SciPy's, extremes included, up to a million trials", () => {
    assert.ok(reference.bounds.length >= 80);
    for (const [k, n, confidence, low, high, exactLow, exactHigh] of reference.bounds) {
      const what = `${k} of ${n} at ${confidence}`;
      near(lowerBound(k, n, confidence), low, `lower bound of ${what}`);
      near(upperBound(k, n, confidence), high, `upper bound of ${what}`);
      const [from, to] = clopperPearson(k, n, confidence);
      near(from, exactLow, `low end of ${what}`);
      near(to, exactHigh, `high end of ${what}`);
    }
  });

  it("have Wilson's interval as SciPy has it", () => {
    for (const [k, n, confidence, , , , , low, high] of reference.bounds) {
      const [from, to] = wilson(k, n, confidence);
      // What is left of 1 or of 0 after a subtraction keeps fewer digits.
      assert.ok(
        Math.abs(from - low) < 1e-12 && Math.abs(to - high) < 1e-12,
        `${k} of ${n}: ${from} ${to}, ${low} ${high}`,
      );
    }
    assert.deepEqual(wilson(0, 0), [0, 1]);
  });

  it('know nothing where nothing was tried', () => {
    assert.equal(lowerBound(0, 0), 0);
    assert.equal(upperBound(0, 0), 1);
    assert.deepEqual(clopperPearson(0, 0), [0, 1]);
  });

  it('promise what they say: the chance of so few at the bound is what was left', () => {
    for (const [k, n, confidence] of [
      [3, 40, 0.95],
      [0, 7, 0.9],
      [12, 20, 0.99],
    ] as const) {
      const p = upperBound(k, n, confidence);
      let [chance, term] = [0, (1 - p) ** n];
      for (let i = 0; i <= k; i++) {
        chance += term;
        term *= ((n - i) / (i + 1)) * (p / (1 - p));
      }
      near(chance, 1 - confidence, `${k} of ${n}`);
    }
  });

  it('need 299 trials without a failure for 1 in 100, and 2,995 for 1 in 1,000', () => {
    assert.equal(trialsNeeded(0, 0.01), 299);
    assert.equal(trialsNeeded(0, 0.001), 2995);
    assert.equal(trialsNeeded(0, 0.01, 0.99), 459);
    assert.equal(trialsNeeded(3, 1), 3);
    for (const [k, share] of [
      [0, 0.3],
      [1, 0.01],
      [5, 0.02],
      [40, 0.9],
    ] as const) {
      const n = trialsNeeded(k, share);
      assert.ok(upperBound(k, n) <= share && upperBound(k, n - 1) > share, `${k}, ${share}: ${n}`);
    }
  });
});

describe('distributions', () => {
  it("have SciPy's quantiles and probabilities", () => {
    const { normal, student, beta } = reference.quantiles;
    for (const [p, z] of normal) assert.ok(Math.abs(normalQuantile(p) - z) < 1e-13 * Math.max(1, Math.abs(z)), `${p}`);
    // With many degrees the inverse is near 1 and loses digits.
    for (const [p, degrees, t] of student)
      if (p === 0.5) assert.equal(studentQuantile(p, degrees), 0);
      else near(studentQuantile(p, degrees), t, `t ${p} ${degrees}`);
    for (const [x, a, b, probability] of beta) near(incompleteBeta(x, a, b), probability, `beta ${x} ${a} ${b}`);
  });

  it('come back by their inverses, and end where they end', () => {
    for (const [a, b] of [
      [0.5, 0.5],
      [3, 900],
      [2000, 1.5],
    ] as const)
      for (const p of [1e-6, 0.03, 0.5, 0.999])
        near(incompleteBeta(inverseIncompleteBeta(p, a, b), a, b), p, `${p} of ${a}, ${b}`, 1e-8);
    assert.deepEqual([incompleteBeta(0, 1, 2), incompleteBeta(1, 1, 2)], [0, 1]);
    assert.deepEqual([inverseIncompleteBeta(0, 1, 2), inverseIncompleteBeta(1, 1, 2)], [0, 1]);
  });

  it('have factorials as gamma functions', () => {
    let factorial = 1;
    for (let n = 1; n < 20; n++) {
      near(Math.exp(logGamma(n)), factorial, `(${n} - 1)!`, 1e-12);
      factorial *= n;
    }
    near(logGamma(0.5), Math.log(Math.PI) / 2, 'at a half', 1e-13);
    near(logGamma(0.25), Math.log(3.625609908221908), 'at a quarter', 1e-13);
  });
});
