import assert from 'node:assert/strict';
import { BLOCK, drawClasses, placesOf } from '../../../src/training/classes/classSample.js';

const labelsOf = (...labels: number[]) => Int32Array.from(labels);

describe('the classes that a step trains', () => {
  it('are those of its pictures and others, as many as there is room for, each once and in order', () => {
    for (const [count, total] of [
      [5, 5],
      [40, 41],
      [40, 1000],
      [100, 1_000_000],
    ] as const)
      for (let step = 0; step < 50; step++) {
        const labels = labelsOf(0, total - 1, 3, 3);
        const classes = drawClasses(labels, count, total, 7, step);
        assert.equal(classes.length, count);
        for (let i = 1; i < count; i++) assert.ok(classes[i]! > classes[i - 1]!, `${count} of ${total}, step ${step}`);
        assert.ok(classes[0]! >= 0 && classes.at(-1)! < total);
        const places = placesOf(labels, classes);
        assert.deepEqual(
          places.map((place) => classes[place]!),
          labels,
        );
      }
  });

  it('are all of them where there is room for all', () => {
    const classes = drawClasses(labelsOf(2), 37, 37, 1, 0);
    assert.deepEqual([...classes], [...Array(37).keys()]);
  });

  it('depend on seed and step alone', () => {
    const draw = (seed: number, step: number) => [...drawClasses(labelsOf(5, 9), 60, 900, seed, step)];
    assert.deepEqual(draw(3, 8), draw(3, 8));
    assert.notDeepEqual(draw(3, 8), draw(3, 9));
    assert.notDeepEqual(draw(3, 8), draw(4, 8));
  });

  it('come as often as each other, those at the end too, where the last block is short and one fits in part', () => {
    const [total, count, steps] = [3 * BLOCK + 5, 9, 20_000];
    const often = new Int32Array(total);
    for (let step = 0; step < steps; step++)
      for (const label of drawClasses(labelsOf(), count, total, 11, step)) often[label]!++;
    // A short block is drawn as often as a whole one, so that its classes come sooner into a sample that a block fills alone.
    const whole = often.subarray(0, 3 * BLOCK);
    const expected = whole.reduce((sum, n) => sum + n, 0) / whole.length;
    // Binomial: σ² = steps · p · (1 − p); five of them.
    const five = 5 * Math.sqrt(expected * (1 - expected / steps));
    whole.forEach((n, label) => assert.ok(Math.abs(n - expected) < five, `class ${label}: ${n} against ${expected}`));
  });

  it('refuse a batch of more people than there is room for', () => {
    assert.throws(() => drawClasses(labelsOf(1, 2, 3), 2, 10, 1, 0), RangeError);
    assert.throws(() => drawClasses(labelsOf(1), 11, 10, 1, 0), RangeError);
  });
});
