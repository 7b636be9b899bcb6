import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Node } from '../../graph/graph.js';
import type { Convolution } from '../../graph/operations.js';
import type { Lifetimes } from '../lifetimes.js';
import { convolution, depthwiseConvolution } from './convolution.js';
import type { FusedKernels } from './kernels.js';

/** Activations by node name: what a pass holds at the moment. */
export type Activations = Map<string, tf.Tensor4D>;
export type Parameters = ReadonlyMap<string, tf.Tensor>;

export type FakeQuant = Extract<Node, { op: 'fakeQuant' }>;

/** What differs between training and use. Each gives a tensor of its own. */
export interface Mode {
  /** By the batch's own statistics or by the running ones. */
  batchNorm(node: Extract<Node, { op: 'batchNorm' }>, x: tf.Tensor4D): tf.Tensor4D;
  /** Takes the product over. */
  foldedNorm(node: Convolution, product: tf.Tensor4D): tf.Tensor4D;
  fakeQuant(node: FakeQuant, x: tf.Tensor4D): tf.Tensor4D;
}
/** What a dropout multiplies by, by node name; empty for inference. */
export type DropoutMasks = ReadonlyMap<string, tf.Tensor4D>;

/** Runs the graph forward and gives back every activation that nobody will read; the caller owns the rest. */
export function forward(
  graph: Graph,
  input: tf.Tensor4D,
  parameters: Parameters,
  kernels: FusedKernels,
  mode: Mode,
  lifetimes: Lifetimes,
  masks: DropoutMasks = new Map(),
): Activations {
  const activations: Activations = new Map();
  graph.nodes.forEach((node, i) => {
    activations.set(node.name, runNode(node, input, activations, parameters, kernels, mode, masks));
    free(activations, lifetimes.freeAfterForward[i]!);
  });
  return activations;
}

export function free(activations: Activations, names: readonly string[]): void {
  for (const name of names) {
    activations.get(name)?.dispose();
    activations.delete(name);
  }
}

function runNode(
  node: Node,
  input: tf.Tensor4D,
  activations: Activations,
  parameters: Parameters,
  kernels: FusedKernels,
  mode: Mode,
  masks: DropoutMasks,
): tf.Tensor4D {
  if (node.op === 'input') return input;
  const x = activations.get(node.input)!;
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const operation = node.op === 'conv2d' ? convolution : depthwiseConvolution;
      const product = operation.forward(x, parameters.get(node.kernel) as tf.Tensor4D, node.stride);
      return node.norm ? mode.foldedNorm(node, product) : product;
    }
    case 'batchNorm':
      return mode.batchNorm(node, x);
    case 'fakeQuant':
      return mode.fakeQuant(node, x);
    case 'relu6':
      return kernels.relu6(x);
    case 'add':
      return tf.add(x, activations.get(node.other)!);
    case 'globalMaxPool':
      return tf.max(x, [1, 2], true);
    case 'globalAveragePool':
      return tf.mean(x, [1, 2], true);
    case 'dropout': {
      const mask = masks.get(node.name);
      return mask ? tf.mul(x, mask) : tf.clone(x);
    }
    case 'dense':
      return tf.tidy(() => {
        const kernel = parameters.get(node.kernel) as tf.Tensor2D;
        const y = tf.add(tf.matMul(tf.reshape(x, [x.shape[0], kernel.shape[0]]), kernel), parameters.get(node.bias)!);
        return tf.reshape(y, [x.shape[0], 1, 1, kernel.shape[1]]);
      });
  }
}
