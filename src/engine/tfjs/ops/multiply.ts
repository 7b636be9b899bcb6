import * as tf from '@tensorflow/tfjs-core';
import type { MultiplyNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const multiply: TfjsOperation<MultiplyNode> = {
  forward: ({ input, other }, { activations }) => tf.mul(activations.get(input)!, activations.get(other)!),
  backward({ input, other }, dy, { activations, flow }) {
    flow(input, () => tf.mul(dy, activations.get(other)!));
    flow(other, () => tf.tidy(() => tf.sum(tf.mul(dy, activations.get(input)!), [1, 2], true)));
  },
};
