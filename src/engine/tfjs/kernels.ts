import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

export interface BatchNormForward {
  readonly y: Tensor4D;
  readonly mean: Tensor1D;
  /** With Bessel's correction: what the running statistics take. */
  readonly variance: Tensor1D;
  /** For the gradient; freed by its caller. */
  readonly saved: readonly Tensor[];
}

export interface BatchNormGradient {
  readonly dx: Tensor4D;
  readonly dGamma: Tensor1D;
  readonly dBeta: Tensor1D;
}

/**
 * The operations that make the difference between stock TensorFlow.js and a fast step: TensorFlow has each as one
 * kernel, TensorFlow.js as a chain of many. Tensors are [N, H, W, C] or [C]; results belong to the caller.
 */
export interface FusedKernels {
  batchNorm(x: Tensor4D, gamma: Tensor1D, beta: Tensor1D, epsilon: number): BatchNormForward;
  batchNormGradient(
    dy: Tensor4D,
    x: Tensor4D,
    gamma: Tensor1D,
    saved: readonly Tensor[],
    epsilon: number,
  ): BatchNormGradient;
  batchNormInference(
    x: Tensor4D,
    gamma: Tensor1D,
    beta: Tensor1D,
    mean: Tensor1D,
    variance: Tensor1D,
    epsilon: number,
  ): Tensor4D;
  relu6(x: Tensor4D): Tensor4D;
  /** dy where 0 < y < 6, else 0. */
  relu6Gradient(dy: Tensor4D, y: Tensor4D): Tensor4D;
  /** Values rounded to the levels of a range with `bits` bits. */
  fakeQuant(x: Tensor4D, range: readonly [number, number], bits: number): Tensor4D;
  /** dy where x lies inside the range, as it is moved, else 0. */
  fakeQuantGradient(dy: Tensor4D, x: Tensor4D, range: readonly [number, number], bits: number): Tensor4D;
}
