import * as tf from '@tensorflow/tfjs-core';
import type { ConcatNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

const CHANNELS = 3;

export const concat: TfjsOperation<ConcatNode> = {
  forward: ({ input, other }, { activations }) =>
    tf.concat([activations.get(input)!, activations.get(other)!], CHANNELS),
  backward({ input, other }, dy, { shapes, flow }) {
    const [own, others] = [input, other].map((name) => shapes.get(name)![2]) as [number, number];
    flow(input, () => tf.slice4d(dy, [0, 0, 0, 0], [-1, -1, -1, own]));
    flow(other, () => tf.slice4d(dy, [0, 0, 0, own], [-1, -1, -1, others]));
  },
};
