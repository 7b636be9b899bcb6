import * as tf from '@tensorflow/tfjs-core';
import type { SigmoidNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const sigmoid: TfjsOperation<SigmoidNode> = {
  forward: ({ input }, { activations }) => tf.sigmoid(activations.get(input)!),
  backward({ name, input }, dy, { activations, flow }) {
    const y = activations.get(name)!;
    flow(input, () => tf.tidy(() => tf.mul(dy, tf.mul(y, tf.sub(1, y)))));
  },
};
