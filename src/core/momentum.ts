export interface MomentumOptions {
  /** Share of the velocity that stays. */
  readonly momentum: number;
}

/**
 * One update of stochastic gradient descent with momentum, in place, as Keras has it: velocity = momentum · velocity −
 * learningRate · gradient; weights += velocity. (PyTorch's velocity does not carry the learning rate: the same for a
 * constant rate.)
 */
export function momentumUpdate(
  weights: Float32Array,
  gradient: Float32Array,
  velocity: Float32Array,
  learningRate: number,
  { momentum }: MomentumOptions,
): void {
  for (let i = 0; i < weights.length; i++) {
    velocity[i] = momentum * velocity[i]! - learningRate * gradient[i]!;
    weights[i] = weights[i]! + velocity[i]!;
  }
}
