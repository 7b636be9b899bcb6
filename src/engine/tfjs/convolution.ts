import * as tf from '@tensorflow/tfjs-core';
import type { Convolution } from '../../graph/operations.js';
import type { TfjsOperation } from './pass.js';

/** A convolution without bias or activation, forward and backward, on any TensorFlow.js backend. */
interface ConvolutionKernels {
  /** x [N, H, W, Cin] → [N, ceil(H / stride), ceil(W / stride), Cout]. */
  forward(x: tf.Tensor4D, kernel: tf.Tensor4D, stride: number): tf.Tensor4D;
  gradientOfInput(dy: tf.Tensor4D, kernel: tf.Tensor4D, stride: number, inputShape: readonly number[]): tf.Tensor4D;
  gradientOfKernel(x: tf.Tensor4D, dy: tf.Tensor4D, stride: number, kernelShape: readonly number[]): tf.Tensor4D;
}

// The gradient kernels have no function of their own in TensorFlow.js' public interface; the engine runs them by name.
export function runKernel(kernel: string, inputs: tf.NamedTensorMap, attributes: Record<string, unknown>): tf.Tensor4D {
  return tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
}

export const SAME = { pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined } as const;
export const NO_DILATION = [1, 1];

/** A convolution whose product goes through the batch norm that is folded into it, where one is. */
export function convolution(kernels: ConvolutionKernels): TfjsOperation<Convolution> {
  return {
    forward(node, { activations, parameters, mode }) {
      const kernel = parameters.get(node.kernel) as tf.Tensor4D;
      const product = kernels.forward(activations.get(node.input)!, kernel, node.stride);
      return node.norm ? mode.foldedNorm(node, product) : product;
    },
    backward(node, dy, { activations, parameters, quantized, flow, emit }) {
      const x = activations.get(node.input)!;
      const kernel = parameters.get(node.kernel) as tf.Tensor4D;
      const dProduct = node.norm ? quantized.foldedNorm(node, dy, emit) : dy;
      emit(node.kernel, kernels.gradientOfKernel(x, dProduct, node.stride, kernel.shape));
      flow(node.input, () => kernels.gradientOfInput(dProduct, kernel, node.stride, x.shape));
      if (dProduct !== dy) dProduct.dispose();
    },
  };
}
