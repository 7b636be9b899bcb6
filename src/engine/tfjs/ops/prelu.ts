import * as tf from '@tensorflow/tfjs-core';
import type { PreluNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const prelu: TfjsOperation<PreluNode> = {
  forward: ({ input, slope }, { activations, parameters }) =>
    tf.prelu(activations.get(input)!, parameters.get(slope) as tf.Tensor4D),
  backward({ input, slope }, dy, { activations, parameters, flow, emit }) {
    const x = activations.get(input)!;
    emit(
      slope,
      tf.tidy(() => tf.sum(tf.mul(dy, tf.minimum(x, 0)), [0, 1, 2])),
    );
    flow(input, () => tf.tidy(() => tf.where(tf.greater(x, 0), dy, tf.mul(dy, parameters.get(slope)!))));
  },
};
