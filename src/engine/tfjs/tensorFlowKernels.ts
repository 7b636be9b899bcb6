import * as tf from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import type { FusedKernels } from './kernels.js';

/** The fused kernels as TensorFlow's own operations, called through tfjs-node's backend. */
export function tensorFlowKernels(backend: NodeJSKernelBackend): FusedKernels {
  const type = typeAttribute('T', backend);
  return {
    ...batchNormKernels(backend),

    relu6(x) {
      return backend.executeSingleOutput('Relu6', [type], [x]) as tf.Tensor4D;
    },

    relu6Gradient(dy, y) {
      return backend.executeSingleOutput('Relu6Grad', [type], [dy, y]) as tf.Tensor4D;
    },

    ...fakeQuantKernels(backend),
  };
}

function typeAttribute(name: string, { binding }: NodeJSKernelBackend) {
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
}

function batchNormKernels(
  backend: NodeJSKernelBackend,
): Pick<FusedKernels, 'batchNorm' | 'batchNormGradient' | 'batchNormInference'> {
  const { TF_ATTR_FLOAT, TF_ATTR_STRING, TF_ATTR_BOOL } = backend.binding;
  const attributes = (epsilon: number, training: boolean) => [
    typeAttribute('T', backend),
    typeAttribute('U', backend),
    { name: 'epsilon', type: TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: TF_ATTR_BOOL, value: training },
  ];
  /** Six outputs: y, batch mean, batch variance (Bessel), then what the gradient wants back. */
  const forward = (inputs: tf.Tensor[], epsilon: number, training: boolean) =>
    backend.executeMultipleOutputs(
      'FusedBatchNormV3',
      [
        ...attributes(epsilon, training),
        // 1: the outputs are this batch's statistics alone; the session keeps the running ones.
        { name: 'exponential_avg_factor', type: TF_ATTR_FLOAT, value: 1 },
      ],
      inputs,
      6,
    );

  return {
    batchNorm(x, gamma, beta, epsilon) {
      const none = tf.tensor1d([]);
      const [y, mean, variance, ...saved] = forward([x, gamma, beta, none, none], epsilon, true);
      none.dispose();
      return { y: y as tf.Tensor4D, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D, saved };
    },

    batchNormGradient(dy, x, gamma, saved, epsilon) {
      const inputs = [dy, x, gamma, ...saved];
      const [dx, dGamma, dBeta, ...empty] = backend.executeMultipleOutputs(
        'FusedBatchNormGradV3',
        attributes(epsilon, true),
        inputs,
        5,
      );
      tf.dispose(empty);
      return { dx: dx as tf.Tensor4D, dGamma: dGamma as tf.Tensor1D, dBeta: dBeta as tf.Tensor1D };
    },

    batchNormInference(x, gamma, beta, mean, variance, epsilon) {
      const [y, ...rest] = forward([x, gamma, beta, mean, variance], epsilon, false);
      tf.dispose(rest);
      return y as tf.Tensor4D;
    },
  };
}

function fakeQuantKernels(backend: NodeJSKernelBackend): Pick<FusedKernels, 'fakeQuant' | 'fakeQuantGradient'> {
  const attributes = (bits: number) => [
    { name: 'num_bits', type: backend.binding.TF_ATTR_INT, value: bits },
    { name: 'narrow_range', type: backend.binding.TF_ATTR_BOOL, value: false },
  ];

  return {
    fakeQuant(x, range, bits) {
      const ends = range.map((end) => tf.scalar(end));
      const y = backend.executeSingleOutput('FakeQuantWithMinMaxVars', attributes(bits), [x, ...ends]);
      tf.dispose(ends);
      return y as tf.Tensor4D;
    },

    fakeQuantGradient(dy, x, range, bits) {
      const ends = range.map((end) => tf.scalar(end));
      const outputs = backend.executeMultipleOutputs(
        'FakeQuantWithMinMaxVarsGradient',
        attributes(bits),
        [dy, x, ...ends],
        3,
      );
      const [dx, ...rest] = outputs;
      tf.dispose([...ends, ...rest]);
      return dx as tf.Tensor4D;
    },
  };
}
