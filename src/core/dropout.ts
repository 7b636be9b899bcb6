/** A well mixed 32-bit integer (Wellons 2018, “lowbias32”). */
function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * What dropout multiplies by: 0 with probability `rate`, else 1 / (1 − rate). Each number depends on its place, the seed,
 * the step and the node alone, so that every engine draws the same and a step can be repeated. native/src/dropout.h is
 * the twin of this function.
 *
 * @param node number of the node in its graph
 * @param rate in [0, 1)
 */
export function dropoutMask(count: number, rate: number, seed: number, step: number, node: number): Float32Array {
  const key = mix(seed ^ mix(step ^ mix(node + 1)));
  const threshold = Math.floor(rate * 4294967296);
  const kept = Math.fround(1 / (1 - rate));
  const mask = new Float32Array(count);
  for (let i = 0; i < count; i++) mask[i] = mix(mix(i ^ key) + key) >= threshold ? kept : 0;
  return mask;
}
