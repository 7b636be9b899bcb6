import * as tf from '@tensorflow/tfjs-core';

/** A convolution without bias or activation, forward and backward, on any TensorFlow.js backend. */
export interface Convolution {
  /** x [N, H, W, Cin] → [N, ceil(H / stride), ceil(W / stride), Cout]. */
  forward(x: tf.Tensor4D, kernel: tf.Tensor4D, stride: number): tf.Tensor4D;
  gradientOfInput(dy: tf.Tensor4D, kernel: tf.Tensor4D, stride: number, inputShape: readonly number[]): tf.Tensor4D;
  gradientOfKernel(x: tf.Tensor4D, dy: tf.Tensor4D, stride: number, kernelShape: readonly number[]): tf.Tensor4D;
}

// The gradient kernels have no function of their own in TensorFlow.js' public interface; the engine runs them by name.
function run(kernel: string, inputs: tf.NamedTensorMap, attributes: Record<string, unknown>): tf.Tensor4D {
  return tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap);
}

const SAME = { pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined } as const;
const NO_DILATION = [1, 1];

export const convolution: Convolution = {
  forward: (x, filter, stride) => run('Conv2D', { x, filter }, { ...SAME, strides: stride, dilations: NO_DILATION }),
  gradientOfInput: (dy, filter, stride, inputShape) =>
    run('Conv2DBackpropInput', { dy, filter }, { ...SAME, strides: stride, inputShape }),
  gradientOfKernel: (x, dy, stride, filterShape) =>
    run('Conv2DBackpropFilter', { x, dy }, { ...SAME, strides: stride, filterShape }),
};

export const depthwiseConvolution: Convolution = {
  forward: (x, filter, stride) =>
    run('DepthwiseConv2dNative', { x, filter }, { ...SAME, strides: [stride, stride], dilations: NO_DILATION }),
  gradientOfInput: (dy, filter, stride, inputShape) =>
    run(
      'DepthwiseConv2dNativeBackpropInput',
      { dy, filter },
      { ...SAME, strides: [stride, stride], dilations: NO_DILATION, inputShape },
    ),
  gradientOfKernel: (x, dy, stride, filterShape) =>
    run(
      'DepthwiseConv2dNativeBackpropFilter',
      { x, dy },
      { ...SAME, strides: [stride, stride], dilations: NO_DILATION, filterShape },
    ),
};
