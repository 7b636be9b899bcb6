import * as tf from '@tensorflow/tfjs-core';
import type { AddNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const add: TfjsOperation<AddNode> = {
  forward: ({ input, other }, { activations }) => tf.add(activations.get(input)!, activations.get(other)!),
  backward({ input, other }, dy, { flow }) {
    for (const to of [input, other]) flow(to, () => tf.clone(dy));
  },
};
