import type { FakeQuantNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const fakeQuant: TfjsOperation<FakeQuantNode> = {
  forward: (node, { activations, mode }) => mode.fakeQuant(node, activations.get(node.input)!),
  backward(node, dy, { activations, quantized, flow }) {
    flow(node.input, () => quantized.fakeQuant(node, dy, activations.get(node.input)!));
  },
};
