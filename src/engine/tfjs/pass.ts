import type * as tf from '@tensorflow/tfjs-core';
import type { BatchNormNode, FakeQuantNode, Shape } from '../../graph/graph.js';
import type { Convolution } from '../../graph/operations.js';
import type { FusedKernels } from './kernels.js';

/** Activations by node name: what a pass holds at the moment. */
export type Activations = Map<string, tf.Tensor4D>;
export type Parameters = ReadonlyMap<string, tf.Tensor>;
/** What a dropout multiplies by, by node name; empty for inference. */
export type DropoutMasks = ReadonlyMap<string, tf.Tensor4D>;
/** What batch norm kept of its forward pass, by node name. */
export type SavedStatistics = ReadonlyMap<string, readonly tf.Tensor[]>;
/** Called once for each parameter that has a gradient; the tensor is freed afterwards, and nobody keeps that of one that is not trained. */
export type GradientSink = (parameter: string, gradient: tf.Tensor) => void;

/** What differs between training and use. Each gives a tensor of its own. */
export interface Mode {
  /** By the batch's own statistics or by the running ones. */
  batchNorm(node: BatchNormNode, x: tf.Tensor4D): tf.Tensor4D;
  /** Takes the product over. */
  foldedNorm(node: Convolution, product: tf.Tensor4D): tf.Tensor4D;
  fakeQuant(node: FakeQuantNode, x: tf.Tensor4D): tf.Tensor4D;
}

/** What belongs to a quantized graph. Gradients of parameters go to the sink. */
export interface QuantizedBackward {
  /** From the gradient of a folded layer's output to that of its product, which is a tensor of its own. */
  foldedNorm(node: Convolution, dy: tf.Tensor4D, emit: GradientSink): tf.Tensor4D;
  fakeQuant(node: FakeQuantNode, dy: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D;
}

export interface ForwardPass {
  readonly input: tf.Tensor4D;
  readonly activations: Activations;
  readonly parameters: Parameters;
  readonly kernels: FusedKernels;
  readonly mode: Mode;
  readonly masks: DropoutMasks;
}

export interface BackwardPass {
  /** What the forward pass left: what the table of operations says that a gradient reads. */
  readonly activations: Activations;
  readonly saved: SavedStatistics;
  readonly parameters: Parameters;
  readonly kernels: FusedKernels;
  readonly masks: DropoutMasks;
  /** Of one picture, by node name. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly quantized: QuantizedBackward;
  /** Adds to the gradient of a node's output; not computed for the pictures, which need none. */
  readonly flow: (to: string, gradient: () => tf.Tensor4D) => void;
  readonly emit: GradientSink;
}

/** How an operation is computed. Tensors [N, H, W, C]; what it gives belongs to the pass, what it reads stays as it is. */
export interface TfjsOperation<N> {
  forward(node: N, pass: ForwardPass): tf.Tensor4D;
  /** @param dy gradient of the node's output */
  backward(node: N, dy: tf.Tensor4D, pass: BackwardPass): void;
}
