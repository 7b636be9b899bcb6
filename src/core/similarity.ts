export type Point = readonly [x: number, y: number];

/** x' = a x − b y + tx, y' = b x + a y + ty: turn, scale and shift, without mirroring or shear. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

/**
 * The similarity that brings points nearest to others, in least squares (Umeyama 1991; in two dimensions the solution is
 * that of two complex numbers).
 *
 * @throws RangeError when all points are one
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const mean = (points: readonly Point[], i: 0 | 1) => points.reduce((sum, p) => sum + p[i], 0) / points.length;
  const [mx, my, nx, ny] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
  let [dot, cross, norm] = [0, 0, 0];
  from.forEach(([px, py], i) => {
    const [x, y] = [px - mx, py - my];
    const [u, v] = [to[i]![0] - nx, to[i]![1] - ny];
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  });
  if (!(norm > 0)) throw new RangeError('all points are one');
  const [a, b] = [dot / norm, cross / norm];
  return { a, b, tx: nx - a * mx + b * my, ty: ny - b * mx - a * my };
}

export function apply({ a, b, tx, ty }: Similarity, [x, y]: Point): Point {
  return [a * x - b * y + tx, b * x + a * y + ty];
}

export function invert({ a, b, tx, ty }: Similarity): Similarity {
  const norm = a * a + b * b;
  return { a: a / norm, b: -b / norm, tx: -(a * tx + b * ty) / norm, ty: (b * tx - a * ty) / norm };
}

/** How many times a distance grows. */
export function scaleOf({ a, b }: Similarity): number {
  return Math.hypot(a, b);
}
