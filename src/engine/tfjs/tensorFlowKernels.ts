import * as tf from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { FusedKernels } from './kernels.js';

/** The fused kernels as TensorFlow's own operations, called through tfjs-node's backend. */
export function tensorFlowKernels(backend: NodeJSKernelBackend): FusedKernels {
  const { TF_ATTR_TYPE, TF_ATTR_FLOAT, TF_ATTR_STRING, TF_ATTR_BOOL, TF_FLOAT } = backend.binding;
  const type = { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT };
  const batchNormAttributes = (epsilon: number, training: boolean) => [
    type,
    { name: 'U', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'epsilon', type: TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: TF_ATTR_BOOL, value: training },
  ];
  const forwardAttributes = (epsilon: number, training: boolean) => [
    ...batchNormAttributes(epsilon, training),
    // 1: the outputs are this batch's statistics alone; the session keeps the running ones.
    { name: 'exponential_avg_factor', type: TF_ATTR_FLOAT, value: 1 },
  ];

  const quantizerAttributes = (bits: number) => [
    { name: 'num_bits', type: backend.binding.TF_ATTR_INT, value: bits },
    { name: 'narrow_range', type: TF_ATTR_BOOL, value: false },
  ];

  return {
    batchNorm(x, gamma, beta, epsilon) {
      const none = tf.tensor1d([]);
      const inputs = [x, gamma, beta, none, none];
      // y, batch mean, batch variance (Bessel), then what the gradient wants back.
      const [y, mean, variance, ...saved] = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        forwardAttributes(epsilon, true),
        inputs,
        6,
      );
      none.dispose();
      return { y: y as tf.Tensor4D, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D, saved };
    },

    batchNormGradient(dy, x, gamma, saved, epsilon) {
      const inputs = [dy, x, gamma, ...saved];
      const [dx, dGamma, dBeta, ...empty] = backend.executeMultipleOutputs(
        'FusedBatchNormGradV3',
        batchNormAttributes(epsilon, true),
        inputs,
        5,
      );
      tf.dispose(empty);
      return { dx: dx as tf.Tensor4D, dGamma: dGamma as tf.Tensor1D, dBeta: dBeta as tf.Tensor1D };
    },

    batchNormInference(x, gamma, beta, mean, variance, epsilon) {
      const inputs = [x, gamma, beta, mean, variance];
      const [y, ...rest] = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        forwardAttributes(epsilon, false),
        inputs,
        6,
      );
      tf.dispose(rest);
      return y as tf.Tensor4D;
    },

    relu6(x) {
      return backend.executeSingleOutput('Relu6', [type], [x]) as tf.Tensor4D;
    },

    relu6Gradient(dy, y) {
      return backend.executeSingleOutput('Relu6Grad', [type], [dy, y]) as tf.Tensor4D;
    },

    fakeQuant(x, range, bits) {
      const ends = range.map((end) => tf.scalar(end));
      const y = backend.executeSingleOutput('FakeQuantWithMinMaxVars', quantizerAttributes(bits), [x, ...ends]);
      tf.dispose(ends);
      return y as tf.Tensor4D;
    },

    fakeQuantGradient(dy, x, range, bits) {
      const ends = range.map((end) => tf.scalar(end));
      const outputs = backend.executeMultipleOutputs(
        'FakeQuantWithMinMaxVarsGradient',
        quantizerAttributes(bits),
        [dy, x, ...ends],
        3,
      );
      const [dx, ...rest] = outputs;
      tf.dispose([...ends, ...rest]);
      return dx as tf.Tensor4D;
    },
  };
}
