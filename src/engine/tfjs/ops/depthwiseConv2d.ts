import { convolution, NO_DILATION, runKernel, type Moves } from '../convolution.js';

const attributes = ({ stride, pad }: Moves) => ({
  ...{ strides: [stride, stride], pad, dataFormat: 'NHWC', dimRoundingMode: undefined, dilations: NO_DILATION },
});

export const depthwiseConv2d = convolution({
  forward: (x, filter, moves) => runKernel('DepthwiseConv2dNative', { x, filter }, attributes(moves)),
  gradientOfInput: (dy, filter, moves, inputShape) =>
    runKernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attributes(moves), inputShape }),
  gradientOfKernel: (x, dy, moves, filterShape) =>
    runKernel('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attributes(moves), filterShape }),
});
