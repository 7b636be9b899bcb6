import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
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
  it('draws a short line point by point, with an average equal to it', () => {
    const series = seriesOf([3, 1, 2]);
    const points = [3, 1, 2].map((y, i) => ({ x: i + 1, y }));
    assert.deepEqual(series.points(), points);
    assert.deepEqual(series.average(), points);
    assert.deepEqual(new Series().points(), []);
    assert.deepEqual(new Series().average(), []);
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
      assert.ok(points.length >= Math.min(length, 400), `${length}: ${points.length} points`);
      for (let i = 1; i < points.length; i++) assert.ok(points[i]!.x > points[i - 1]!.x, `${length}: point ${i}`);
      for (const { x, y } of points) assert.equal(y, values[x - 1]);
      assert.deepEqual(points.at(-1), { x: length, y: values.at(-1) });
      assert.equal(Math.max(...points.map(({ y }) => y)), 50);
      assert.equal(Math.min(...points.map(({ y }) => y)), -50);
      // What was drawn on the way changes nothing.
      const watched = new Series();
      values.forEach((y, i) => {
        watched.append(i + 1, y);
        if (i % 997 === 0) watched.average();
      });
      assert.deepEqual(watched.points(), points);
      assert.deepEqual(watched.average(), series.average());
    }
  });

  it('averages over about a thirtieth of the line, without a pull towards zero at its start', () => {
    for (const { y } of seriesOf(Array.from({ length: 3000 }, () => 5)).average()) assert.ok(Math.abs(y - 5) < 1e-9);
    // A step from 0 to 1: after a window of 100 points 1 - 1/e of it is there; the window is 93 to 100 points long.
    const values = Array.from({ length: 3000 }, (_, i) => (i < 1500 ? 0 : 1));
    const after = seriesOf(values)
      .average()
      .find(({ x }) => x >= 1600)!;
    assert.ok(after.y > 0.6 && after.y < 0.69, String(after.y));
  });
});
