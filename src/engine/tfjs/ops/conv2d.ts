import { convolution, NO_DILATION, runKernel, type Moves } from '../convolution.js';

const attributes = ({ stride, pad }: Moves) => ({
  ...{ strides: stride, pad, dataFormat: 'NHWC', dimRoundingMode: undefined },
});

export const conv2d = convolution({
  forward: (x, filter, moves) => runKernel('Conv2D', { x, filter }, { ...attributes(moves), dilations: NO_DILATION }),
  gradientOfInput: (dy, filter, moves, inputShape) =>
    runKernel('Conv2DBackpropInput', { dy, filter }, { ...attributes(moves), inputShape }),
  gradientOfKernel: (x, dy, moves, filterShape) =>
    runKernel('Conv2DBackpropFilter', { x, dy }, { ...attributes(moves), filterShape }),
});
