import * as tf from '@tensorflow/tfjs-core';
import type { GlobalAveragePoolNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const globalAveragePool: TfjsOperation<GlobalAveragePoolNode> = {
  forward: ({ input }, { activations }) => tf.mean(activations.get(input)!, [1, 2], true),
  /** The shape of what was pooled is in the graph: its values are gone. */
  backward({ input }, dy, { shapes, flow }) {
    const [height, width] = shapes.get(input)!;
    flow(input, () => tf.tidy(() => tf.tile(tf.div(dy, height * width), [1, height, width, 1])));
  },
};
