import * as tf from '@tensorflow/tfjs-core';
import type { GlobalMaxPoolNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const globalMaxPool: TfjsOperation<GlobalMaxPoolNode> = {
  forward: ({ input }, { activations }) => tf.max(activations.get(input)!, [1, 2], true),
  /** Shared evenly among the positions that tie for the maximum, as TensorFlow's reduce_max does. */
  backward({ name, input }, dy, { activations, flow }) {
    flow(input, () =>
      tf.tidy(() => {
        const winners = tf.cast(tf.equal(activations.get(input)!, activations.get(name)!), 'float32');
        return tf.mul(winners, tf.div(dy, tf.sum(winners, [1, 2], true)));
      }),
    );
  },
};
