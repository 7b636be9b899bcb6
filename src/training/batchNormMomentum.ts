/**
 * Weight of the old running statistics at a step (docs/training.md tells the choice and its measurement).
 *
 * Keras' MobileNetV2 has 0.999 whatever the folder: with 27 steps an epoch the statistics that validation uses are
 * still those of the start while the network has moved on. Here the window is a quarter of an epoch, at least 10 and
 * at most 1,000 steps; until that many steps have been made the statistics are the plain mean of all batches so far
 * (1 − 1/step), so that they hold from the first validation on.
 *
 * @param step 1 for the first update
 */
export function batchNormMomentum(wish: 'auto' | number, step: number, stepsPerEpoch: number): number {
  if (wish !== 'auto') return wish;
  const window = Math.min(1000, Math.max(10, stepsPerEpoch / 4));
  return 1 - 1 / Math.min(step, window);
}
