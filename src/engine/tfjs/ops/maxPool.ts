import type { MaxPoolNode } from '../../../graph/graph.js';
import { runKernel } from '../convolution.js';
import { padded } from '../padded.js';
import type { TfjsOperation } from '../pass.js';

function attributes({ kernelSize, stride }: MaxPoolNode) {
  return {
    filterSize: [kernelSize, kernelSize],
    strides: [stride, stride],
    pad: 'valid',
    dimRoundingMode: undefined,
  };
}

export const maxPool: TfjsOperation<MaxPoolNode> = {
  forward(node, { activations }) {
    const x = padded(node.padding, -Infinity).around(activations.get(node.input)!);
    const y = runKernel('MaxPool', { x }, attributes(node));
    x.dispose();
    return y;
  },
  backward(node, dy, { activations, flow }) {
    flow(node.input, () => {
      const { around, inside } = padded(node.padding, -Infinity);
      const [x, output] = [activations.get(node.input)!, activations.get(node.name)!];
      const input = around(x);
      const dPadded = runKernel('MaxPoolGrad', { dy, input, output }, attributes(node));
      input.dispose();
      return inside(dPadded, x.shape);
    });
  },
};
