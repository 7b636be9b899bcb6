import * as tf from '@tensorflow/tfjs-core';
import type { Convolution } from '../../graph/operations.js';
import { padded } from './padded.js';
import type { TfjsOperation } from './pass.js';

/** How a window moves, as TensorFlow has it. */
export interface Moves {
  readonly stride: number;
  readonly pad: 'same' | 'valid';
}

/** A convolution without bias or activation, forward and backward, on any TensorFlow.js backend. Tensors [N, H, W, C]. */
interface ConvolutionKernels {
  forward(x: tf.Tensor4D, kernel: tf.Tensor4D, moves: Moves): tf.Tensor4D;
  gradientOfInput(dy: tf.Tensor4D, kernel: tf.Tensor4D, moves: Moves, inputShape: readonly number[]): tf.Tensor4D;
  gradientOfKernel(x: tf.Tensor4D, dy: tf.Tensor4D, moves: Moves, kernelShape: readonly number[]): tf.Tensor4D;
}

// The gradient kernels have no function of their own in TensorFlow.js' public interface; the engine runs them by name.
export function runKernel(kernel: string, inputs: tf.NamedTensorMap, attributes: Record<string, unknown>): tf.Tensor4D {
  return tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
}

export const NO_DILATION = [1, 1];

/** A convolution whose product goes through the batch norm that is folded into it, where one is. */
export function convolution(kernels: ConvolutionKernels): TfjsOperation<Convolution> {
  return {
    forward(node, { activations, parameters, mode }) {
      const kernel = parameters.get(node.kernel) as tf.Tensor4D;
      const { around, pad } = padded(node.padding, 0);
      const x = around(activations.get(node.input)!);
      const product = kernels.forward(x, kernel, { stride: node.stride, pad });
      x.dispose();
      if (node.norm) return mode.foldedNorm(node, product);
      if (node.bias === undefined) return product;
      const y = tf.add<tf.Tensor4D>(product, parameters.get(node.bias)!);
      product.dispose();
      return y;
    },
    backward(node, dy, { activations, parameters, quantized, flow, emit }) {
      const { shape } = activations.get(node.input)!;
      const { around, inside, shapeAround, pad } = padded(node.padding, 0);
      const moves = { stride: node.stride, pad };
      const x = around(activations.get(node.input)!);
      const kernel = parameters.get(node.kernel) as tf.Tensor4D;
      const dProduct = node.norm ? quantized.foldedNorm(node, dy, emit) : dy;
      if (node.bias !== undefined) emit(node.bias, tf.sum(dProduct, [0, 1, 2]));
      emit(node.kernel, kernels.gradientOfKernel(x, dProduct, moves, kernel.shape));
      flow(node.input, () => inside(kernels.gradientOfInput(dProduct, kernel, moves, shapeAround(shape)), shape));
      x.dispose();
      if (dProduct !== dy) dProduct.dispose();
    },
  };
}
