import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormNode } from '../../../graph/graph.js';
import type { TfjsOperation } from '../pass.js';

export const batchNorm: TfjsOperation<BatchNormNode> = {
  forward: (node, { activations, mode }) => mode.batchNorm(node, activations.get(node.input)!),
  backward(node, dy, { activations, parameters, kernels, saved, flow, emit }) {
    const x = activations.get(node.input)!;
    const gamma = parameters.get(node.gamma) as tf.Tensor1D;
    const { dx, dGamma, dBeta } = kernels.batchNormGradient(dy, x, gamma, saved.get(node.name)!, node.epsilon);
    emit(node.gamma, dGamma);
    emit(node.beta, dBeta);
    // Not where the pictures are normalized: nobody takes their gradient.
    flow(node.input, () => tf.clone(dx));
    dx.dispose();
  },
};
