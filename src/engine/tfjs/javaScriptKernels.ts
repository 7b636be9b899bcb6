import * as tf from '@tensorflow/tfjs-core';
import { fakeQuantize, fakeQuantizeGradient, quantizerOf } from '../../core/fakeQuantize.js';
import type { FusedKernels } from './kernels.js';

/** The fused kernels in TensorFlow.js' own operations: correct on every backend, fast on none. */
export const javaScriptKernels: FusedKernels = {
  batchNorm(x, gamma, beta, epsilon) {
    return tf.tidy(() => {
      const { mean, variance: biased } = tf.moments(x, [0, 1, 2]) as { mean: tf.Tensor1D; variance: tf.Tensor1D };
      const count = x.size / x.shape[3];
      const y = tf.batchNorm4d(x, mean, biased, beta, gamma, epsilon);
      const variance = tf.mul<tf.Tensor1D>(biased, count / Math.max(1, count - 1));
      return { y, mean, variance, saved: [mean.clone(), biased] };
    });
  },

  // Ioffe and Szegedy 2015, section 3, in the form that needs two sums only.
  batchNormGradient(dy, x, gamma, saved, epsilon) {
    return tf.tidy(() => {
      const [mean, variance] = saved as [tf.Tensor1D, tf.Tensor1D];
      const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
      const normalized = tf.mul(tf.sub(x, mean), inverseDeviation);
      const dBeta = tf.sum<tf.Tensor1D>(dy, [0, 1, 2]);
      const dGamma = tf.sum<tf.Tensor1D>(tf.mul(dy, normalized), [0, 1, 2]);
      const count = x.size / x.shape[3];
      const centred = tf.sub(dy, tf.div(tf.add(dBeta, tf.mul(normalized, dGamma)), count));
      return { dx: tf.mul<tf.Tensor4D>(centred, tf.mul(gamma, inverseDeviation)), dGamma, dBeta };
    });
  },

  batchNormInference(x, gamma, beta, mean, variance, epsilon) {
    return tf.batchNorm4d(x, mean, variance, beta, gamma, epsilon);
  },

  relu6(x) {
    return tf.relu6(x);
  },

  relu6Gradient(dy, y) {
    return tf.tidy(() => tf.mul(dy, tf.cast(tf.logicalAnd(tf.greater(y, 0), tf.less(y, 6)), 'float32')));
  },

  // On plain arrays: only there is every step rounded to float32 as it has to be.
  fakeQuant(x, range, bits) {
    return tf.tensor4d(fakeQuantize(x.dataSync<'float32'>(), quantizerOf(...range, bits)), x.shape);
  },

  fakeQuantGradient(dy, x, range, bits) {
    const { input } = fakeQuantizeGradient(
      x.dataSync<'float32'>(),
      dy.dataSync<'float32'>(),
      quantizerOf(...range, bits),
    );
    return tf.tensor4d(input, x.shape);
  },
};
