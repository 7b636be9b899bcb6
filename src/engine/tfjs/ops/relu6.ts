import type { Relu6Node } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const relu6: TfjsOperation<Relu6Node> = {
  forward: ({ input }, { activations, kernels }) => kernels.relu6(activations.get(input)!),
  backward({ name, input }, dy, { activations, kernels, flow }) {
    flow(input, () => kernels.relu6Gradient(dy, activations.get(name)!));
  },
};
