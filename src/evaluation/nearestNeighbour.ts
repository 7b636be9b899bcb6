import { concatenated } from '../core/concatenated.js';

/** Pictures that are compared with all others; more would take longer than an epoch. */
const MOST = 1500;

/**
 * Recognition of people whom the network was not trained on: how many pictures have one of the same person as their nearest
 * neighbour, by the angle between the features. Of somebody with a single picture there is nothing to find, which counts
 * as a miss.
 *
 * @param batches [n, channels] each
 * @param people of each row of all batches
 * @returns hits, and of how many: of many rows 1,500, all over them, are compared with all
 */
export function nearestNeighbours(
  batches: readonly Float32Array[],
  people: readonly number[],
): { readonly hits: number; readonly asked: number } {
  const all = concatenated(batches);
  const length = all.length / Math.max(1, people.length);
  const rows = people.map((_, i) => normalized(all.subarray(i * length, (i + 1) * length)));
  const asked = Math.min(MOST, rows.length);
  let hits = 0;
  for (let row = 0; row < asked; row++) {
    const i = Math.floor((row * rows.length) / asked);
    let best = -Infinity;
    let nearest = -1;
    for (let j = 0; j < rows.length; j++) {
      if (i === j) continue;
      let product = 0;
      for (let k = 0; k < length; k++) product += rows[i]![k]! * rows[j]![k]!;
      if (product > best) [best, nearest] = [product, j];
    }
    if (nearest >= 0 && people[nearest] === people[i]) hits++;
  }
  return { hits, asked };
}

function normalized(values: Float32Array): Float32Array {
  const norm = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0)) || 1;
  return values.map((v) => v / norm);
}
