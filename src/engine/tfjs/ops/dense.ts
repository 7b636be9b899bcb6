import * as tf from '@tensorflow/tfjs-core';
import type { DenseNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

/** [N, 1, 1, C] → [N, C]. */
function rowsOf(x: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(x, [x.shape[0], x.shape[3]]);
}

export const dense: TfjsOperation<DenseNode> = {
  forward: (node, { activations, parameters }) =>
    tf.tidy(() => {
      const x = activations.get(node.input)!;
      const kernel = parameters.get(node.kernel) as tf.Tensor2D;
      const y = tf.add(tf.matMul(rowsOf(x), kernel), parameters.get(node.bias)!);
      return tf.reshape(y, [x.shape[0], 1, 1, kernel.shape[1]]);
    }),
  backward(node, dy, { activations, parameters, flow, emit }) {
    const x = activations.get(node.input)!;
    const [dRows, xRows] = [rowsOf(dy), rowsOf(x)];
    emit(node.bias, tf.sum(dRows, 0));
    emit(node.kernel, tf.matMul(xRows, dRows, true, false));
    flow(node.input, () =>
      tf.tidy(() => tf.reshape(tf.matMul(dRows, parameters.get(node.kernel) as tf.Tensor2D, false, true), x.shape)),
    );
    tf.dispose([dRows, xRows]);
  },
};
