import * as tf from '@tensorflow/tfjs-core';
import { inputOf, type Graph } from '../../graph/graph.js';
import type { Lifetimes } from '../lifetimes.js';
import { free } from './forward.js';
import { operationOf } from './ops/operations.js';
import type { BackwardPass } from './pass.js';

/**
 * Runs the graph backward from the gradients of the loss with respect to its outputs, hands every parameter's gradient to
 * `given.emit` and frees what the forward pass left, each tensor as soon as its last reader has run.
 *
 * @param ends the gradients of some nodes' outputs, by name
 */
export function backward(
  graph: Graph,
  ends: ReadonlyMap<string, tf.Tensor4D>,
  lifetimes: Lifetimes,
  given: Omit<BackwardPass, 'shapes' | 'flow'>,
): void {
  const gradients = new Map(ends);
  const pictures = inputOf(graph).name;
  const pass: BackwardPass = {
    ...given,
    shapes: new Map(graph.nodes.map(({ name, shape }) => [name, shape])),
    flow(to, gradientOf) {
      if (to === pictures) return;
      const [earlier, gradient] = [gradients.get(to), gradientOf()];
      gradients.set(to, earlier ? tf.add(earlier, gradient) : gradient);
      if (earlier) tf.dispose([earlier, gradient]);
    },
    emit(parameter, gradient) {
      given.emit(parameter, gradient);
      gradient.dispose();
    },
  };
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    const dy = gradients.get(node.name);
    gradients.delete(node.name);
    if (dy) operationOf(node.op).backward(node, dy, pass);
    dy?.dispose();
    free(pass.activations, lifetimes.freeAfterBackward[i]!);
  }
}
