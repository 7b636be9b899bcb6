import * as tf from '@tensorflow/tfjs-core';
import type { L2NormalizeNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

const CHANNELS = 3;
/** A vector below it is divided by it. */
const SHORTEST = 1e-12;

function lengthsOf(x: tf.Tensor4D): tf.Tensor4D {
  return tf.sqrt(tf.sum(tf.square(x), CHANNELS, true));
}

export const l2Normalize: TfjsOperation<L2NormalizeNode> = {
  forward: ({ input }, { activations }) =>
    tf.tidy(() => {
      const x = activations.get(input)!;
      return tf.div(x, tf.maximum(lengthsOf(x), SHORTEST));
    }),
  /** (dy − y (y · dy)) / ‖x‖; of a vector below the limit, which is divided by a constant, dy / limit. */
  backward({ input }, dy, { activations, flow }) {
    flow(input, () =>
      tf.tidy(() => {
        const x = activations.get(input)!;
        const lengths = lengthsOf(x);
        const divisor = tf.maximum(lengths, SHORTEST);
        const y = tf.div(x, divisor);
        const along = tf.mul(tf.sum(tf.mul(y, dy), CHANNELS, true), tf.cast(tf.greater(lengths, SHORTEST), 'float32'));
        return tf.div(tf.sub(dy, tf.mul(y, along)), divisor);
      }),
    );
  },
};
