import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Node, Shape } from '../../graph/graph.js';
import type { Convolution } from '../../graph/operations.js';
import type { Lifetimes } from '../lifetimes.js';
import { convolution, depthwiseConvolution } from './convolution.js';
import { free, type Activations, type DropoutMasks, type FakeQuant, type Parameters } from './forward.js';
import type { FusedKernels } from './kernels.js';

/** What batch norm kept of its forward pass, by node name. */
export type SavedStatistics = ReadonlyMap<string, readonly tf.Tensor[]>;
/** What belongs to a quantized graph. Gradients of parameters go to the sink. */
export interface QuantizedBackward {
  /** From the gradient of a folded layer's output to that of its product, which is a tensor of its own. */
  foldedNorm(node: Convolution, dy: tf.Tensor4D, emit: GradientSink): tf.Tensor4D;
  fakeQuant(node: FakeQuant, dy: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D;
}
/** Called once for each trainable parameter; the tensor is freed afterwards. */
export type GradientSink = (parameter: string, gradient: tf.Tensor) => void;

/**
 * Runs the graph backward from the gradients of the loss with respect to its outputs, hands every parameter's gradient to `sink` and frees what the
 * forward pass left, each tensor as soon as its last reader has run.
 */
export function backward(
  graph: Graph,
  ends: ReadonlyMap<string, tf.Tensor4D>,
  activations: Activations,
  saved: SavedStatistics,
  parameters: Parameters,
  kernels: FusedKernels,
  lifetimes: Lifetimes,
  masks: DropoutMasks,
  quantized: QuantizedBackward,
  sink: GradientSink,
): void {
  const gradients = new Map(ends);
  const flow = (to: string, gradient: tf.Tensor4D) => {
    const earlier = gradients.get(to);
    gradients.set(to, earlier ? tf.add(earlier, gradient) : gradient);
    if (earlier) tf.dispose([earlier, gradient]);
  };
  const emit = (parameter: string, gradient: tf.Tensor) => {
    sink(parameter, gradient);
    gradient.dispose();
  };
  const sizes = new Map(graph.nodes.map(({ name, shape }) => [name, shape]));
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    const dy = gradients.get(node.name);
    gradients.delete(node.name);
    if (dy && node.op !== 'input') {
      // Nobody needs the gradient of the pictures.
      const intoInput = graph.nodes.find((other) => other.name === node.input)?.op === 'input';
      const into = intoInput ? undefined : flow;
      backwardNode(node, dy, activations, saved, parameters, kernels, masks, sizes, quantized, into, emit);
    }
    dy?.dispose();
    free(activations, lifetimes.freeAfterBackward[i]!);
  }
}

function backwardNode(
  node: Exclude<Node, { op: 'input' }>,
  dy: tf.Tensor4D,
  activations: Activations,
  saved: SavedStatistics,
  parameters: Parameters,
  kernels: FusedKernels,
  masks: DropoutMasks,
  sizes: ReadonlyMap<string, Shape>,
  quantized: QuantizedBackward,
  flow: ((to: string, gradient: tf.Tensor4D) => void) | undefined,
  emit: GradientSink,
): void {
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const operation = node.op === 'conv2d' ? convolution : depthwiseConvolution;
      const x = activations.get(node.input)!;
      const kernel = parameters.get(node.kernel) as tf.Tensor4D;
      const dProduct = node.norm ? quantized.foldedNorm(node, dy, emit) : dy;
      emit(node.kernel, operation.gradientOfKernel(x, dProduct, node.stride, kernel.shape));
      flow?.(node.input, operation.gradientOfInput(dProduct, kernel, node.stride, x.shape));
      if (dProduct !== dy) dProduct.dispose();
      return;
    }
    case 'batchNorm': {
      const x = activations.get(node.input)!;
      const gamma = parameters.get(node.gamma) as tf.Tensor1D;
      const { dx, dGamma, dBeta } = kernels.batchNormGradient(dy, x, gamma, saved.get(node.name)!, node.epsilon);
      emit(node.gamma, dGamma);
      emit(node.beta, dBeta);
      flow?.(node.input, dx);
      return;
    }
    case 'fakeQuant':
      flow?.(node.input, quantized.fakeQuant(node, dy, activations.get(node.input)!));
      return;
    case 'relu6':
      flow?.(node.input, kernels.relu6Gradient(dy, activations.get(node.name)!));
      return;
    case 'add':
      flow?.(node.input, tf.clone(dy));
      flow?.(node.other, tf.clone(dy));
      return;
    case 'globalMaxPool':
      flow?.(node.input, maxPoolGradient(dy, activations.get(node.input)!, activations.get(node.name)!));
      return;
    case 'globalAveragePool': {
      // The shape of what was pooled is in the graph: its values are gone.
      const [height, width] = sizes.get(node.input)!;
      flow?.(
        node.input,
        tf.tidy(() => tf.tile(tf.div(dy, height * width), [1, height, width, 1])),
      );
      return;
    }
    case 'dropout': {
      const mask = masks.get(node.name);
      flow?.(node.input, mask ? tf.mul(dy, mask) : tf.clone(dy));
      return;
    }
    case 'dense': {
      const x = activations.get(node.input)!;
      const kernel = parameters.get(node.kernel) as tf.Tensor2D;
      const dy2d = tf.reshape<tf.Rank.R2>(dy, [dy.shape[0], dy.shape[3]]);
      const x2d = tf.reshape<tf.Rank.R2>(x, [x.shape[0], x.shape[3]]);
      emit(node.bias, tf.sum(dy2d, 0));
      emit(node.kernel, tf.matMul(x2d, dy2d, true, false));
      const dx = tf.matMul(dy2d, kernel, false, true);
      flow?.(node.input, tf.reshape(dx, x.shape));
      tf.dispose([dy2d, x2d, dx]);
    }
  }
}

/** Shared evenly among the positions that tie for the maximum, as TensorFlow's reduce_max does. */
function maxPoolGradient(dy: tf.Tensor4D, x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const winners = tf.cast(tf.equal(x, y), 'float32');
    return tf.mul(winners, tf.div(dy, tf.sum(winners, [1, 2], true)));
  });
}
