import * as tf from '@tensorflow/tfjs-core';
import type { DropoutNode } from '../../../graph/graph.js';
import type { DropoutMasks, TfjsOperation } from '../pass.js';

function masked(name: string, masks: DropoutMasks, x: tf.Tensor4D): tf.Tensor4D {
  const mask = masks.get(name);
  return mask ? tf.mul(x, mask) : tf.clone(x);
}

export const dropout: TfjsOperation<DropoutNode> = {
  forward: ({ name, input }, { activations, masks }) => masked(name, masks, activations.get(input)!),
  backward({ name, input }, dy, { masks, flow }) {
    flow(input, () => masked(name, masks, dy));
  },
};
