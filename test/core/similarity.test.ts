import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import { apply, fitSimilarity, invert, scaleOf, type Point, type Similarity } from '../../src/core/similarity.js';

const random = Random.fromSeed(4);
const somePoints = (count: number) =>
  Array.from({ length: count }, (): Point => [random.between(-9, 9), random.between(-9, 9)]);

function close(a: Point, b: Point, tolerance = 1e-9): void {
  assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < tolerance, `${a.join()} and ${b.join()}`);
}

describe('fitSimilarity', () => {
  it('finds the turn, scale and shift that points went through', () => {
    for (let trial = 0; trial < 50; trial++) {
      const [angle, scale] = [random.between(-3, 3), random.between(0.1, 5)];
      const truth: Similarity = {
        a: scale * Math.cos(angle),
        b: scale * Math.sin(angle),
        tx: random.between(-9, 9),
        ty: 3,
      };
      const points = somePoints(2 + random.integer(5));
      const found = fitSimilarity(
        points,
        points.map((p) => apply(truth, p)),
      );
      assert.ok(Math.abs(scaleOf(found) - scale) < 1e-9);
      for (const point of somePoints(3)) {
        close(apply(found, point), apply(truth, point));
        close(apply(invert(found), apply(found, point)), point);
      }
    }
  });

  it('is nearest in least squares: every small change makes it worse', () => {
    const [from, to] = [somePoints(5), somePoints(5)];
    const error = (s: Similarity) =>
      from.reduce((sum, p, i) => sum + (apply(s, p)[0] - to[i]![0]) ** 2 + (apply(s, p)[1] - to[i]![1]) ** 2, 0);
    const best = fitSimilarity(from, to);
    for (const key of ['a', 'b', 'tx', 'ty'] as const)
      for (const change of [-1e-3, 1e-3]) assert.ok(error({ ...best, [key]: best[key] + change }) > error(best), key);
  });

  it('refuses points that are all one', () => {
    assert.throws(
      () =>
        fitSimilarity(
          [
            [1, 1],
            [1, 1],
          ],
          somePoints(2),
        ),
      RangeError,
    );
  });
});
