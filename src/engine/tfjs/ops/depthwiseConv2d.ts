import { convolution, NO_DILATION, runKernel, SAME } from '../convolution.js';

const attributes = (stride: number) => ({ ...SAME, strides: [stride, stride], dilations: NO_DILATION });

export const depthwiseConv2d = convolution({
  forward: (x, filter, stride) => runKernel('DepthwiseConv2dNative', { x, filter }, attributes(stride)),
  gradientOfInput: (dy, filter, stride, inputShape) =>
    runKernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attributes(stride), inputShape }),
  gradientOfKernel: (x, dy, stride, filterShape) =>
    runKernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attributes(stride), filterShape }),
});
