import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { gaussian } from '../../webview/gaussian.js';
import { Series } from '../../webview/series.js';

const seriesOf = (values: readonly number[]) => {
  const series = new Series();
  values.forEach((y, i) => series.append(i + 1, y));
  return series;
};

/** A falling, noisy line. */
const noisy = (length: number, seed = 1) => {
  const random = Random.fromSeed(seed);
  return Array.from({ length }, (_, i) => 1 / (1 + i / 50) + random.uniform() / 5);
};

describe('Series', () => {
  it('draws a short line point by point', () => {
    const series = seriesOf([3, 1, 2]);
    const points = [3, 1, 2].map((y, i) => ({ x: i + 1, y }));
    assert.deepEqual(series.points(), points);
    assert.deepEqual(series.average(series.between(), 0), points);
    const empty = new Series();
    assert.deepEqual(empty.points(), []);
    assert.deepEqual(empty.average(empty.between(), 3), []);
    assert.equal(empty.nearest(1), undefined);
  });

  it('draws at most two points a bucket of a long line, in order, and loses no peak, however it was appended', () => {
    for (const length of [399, 400, 401, 800, 801, 5000, 100_003]) {
      const values = noisy(length, length);
      values[length >> 1] = 50;
      values[length >> 2] = -50;
      const series = seriesOf(values);
      const points = series.points();
      assert.equal(series.length, length);
      assert.ok(points.length <= 801, `${length}: ${points.length} points`);
      assert.ok(points.length >= Math.min(length, 399), `${length}: ${points.length} points`);
      for (let i = 1; i < points.length; i++) assert.ok(points[i]!.x > points[i - 1]!.x, `${length}: point ${i}`);
      for (const { x, y } of points) assert.equal(y, values[x - 1]);
      assert.deepEqual(points.at(-1), { x: length, y: values.at(-1) });
      assert.equal(Math.max(...points.map(({ y }) => y)), 50);
      assert.equal(Math.min(...points.map(({ y }) => y)), -50);
      // What was drawn on the way changes nothing.
      const watched = new Series();
      values.forEach((y, i) => {
        watched.append(i + 1, y);
        if (i % 997 === 0) watched.points();
      });
      assert.deepEqual(watched, series);
    }
  });

  it('shows a part of a line in its own detail: the extremes of buckets at their places, at any zoom', () => {
    const values = noisy(70_001);
    const series = seriesOf(values);
    const random = Random.fromSeed(5);
    for (let i = 0; i < 60; i++) {
      const from = 1 + random.integer(70_000);
      const to = from + random.integer(2 + random.integer(70_000));
      const stretch = series.between(from, to);
      const { size } = stretch;
      const buckets = (stretch.end - stretch.first) / size;
      assert.ok(buckets <= 403 && (size === 1 || buckets > 199), `from ${from} to ${to}: ${buckets}`);
      const expected: { x: number; y: number }[] = [];
      for (let begin = Math.floor(stretch.first / size) * size; begin < stretch.end; begin += size) {
        const bucket = values.slice(begin, begin + size);
        const at = [Math.min(...bucket), Math.max(...bucket)].map((y) => begin + bucket.indexOf(y) + 1);
        for (const x of new Set(at.sort((a, b) => a - b))) expected.push({ x, y: values[x - 1]! });
      }
      if (stretch.end === 70_001 && expected.at(-1)!.x !== 70_001) expected.push({ x: 70_001, y: values.at(-1)! });
      assert.deepEqual(series.points(stretch), expected, `from ${from} to ${to}`);
      assert.ok(from === 1 || expected[0]!.x < from, 'the line comes from beyond the edge');
      assert.ok(to > 70_000 || expected.at(-1)!.x > to);
    }
  });

  it('averages buckets as it would average points', () => {
    const values = noisy(50_000);
    const series = seriesOf(values);
    const whole = { length: values.length, count: () => 1, sum: (i: number) => values[i]! };
    for (const [from, to, sigma] of [
      [1, 50_000, 900],
      [20_000, 21_000, 30],
      [49_700, 50_000, 12.5],
    ] as const) {
      const average = series.average(series.between(from, to), sigma);
      assert.ok(average.length > 100 && average.length <= 403);
      for (const { x, y } of average.filter((_, i) => i % 10 === 0)) {
        const exact = gaussian(whole, Math.floor(x) - 1, 2, sigma);
        // Between the two points around the middle of a bucket; a bucket is at most a seventh of sigma here.
        const expected = x % 1 === 0 ? exact[0]! : (exact[0]! + exact[1]!) / 2;
        assert.ok(Math.abs(y - expected) < 2e-3, `${from} to ${to}, at ${x}: ${y}, not ${expected}`);
      }
    }
  });

  it('leaves the past of the average as it is when points come', () => {
    const values = noisy(3000);
    const [early, late] = [seriesOf(values.slice(0, 2600)), seriesOf(values)];
    const shown = [early, late].map((series) => series.average(series.between(1, 2600), 40));
    const past = shown.map((average) => average.filter(({ x }) => x < 2600 - 4 * 40 - 8));
    assert.ok(past[0]!.length > 250);
    assert.deepEqual(past[1], past[0]);
  });

  it('finds the point next to a place', () => {
    const series = new Series();
    for (const x of [2, 4, 8]) series.append(x, -x);
    const found = [-5, 2, 2.9, 3.2, 4, 5.9, 6.1, 100].map((x) => series.nearest(x)!.x);
    assert.deepEqual(found, [2, 2, 2, 4, 4, 4, 8, 8]);
  });
});
