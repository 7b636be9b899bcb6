import { convolution, NO_DILATION, runKernel, SAME } from '../convolution.js';

export const conv2d = convolution({
  forward: (x, filter, stride) =>
    runKernel('Conv2D', { x, filter }, { ...SAME, strides: stride, dilations: NO_DILATION }),
  gradientOfInput: (dy, filter, stride, inputShape) =>
    runKernel('Conv2DBackpropInput', { dy, filter }, { ...SAME, strides: stride, inputShape }),
  gradientOfKernel: (x, dy, stride, filterShape) =>
    runKernel('Conv2DBackpropFilter', { x, dy }, { ...SAME, strides: stride, filterShape }),
});
