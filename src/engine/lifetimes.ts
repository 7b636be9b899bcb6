import type { Graph } from '../graph/graph.js';
import { inputsOf, readBackward } from '../graph/operations.js';

/** When the output of each node may be given back in a training step. Index i belongs to the i-th node. */
export interface Lifetimes {
  /** Outputs that nothing reads any more once node i has run forward. */
  readonly freeAfterForward: readonly (readonly string[])[];
  /** Outputs that were kept for the loss, or for whoever asked, and that the backward pass does not read. */
  readonly freeAfterLoss: readonly string[];
  /** Outputs that nothing reads any more once node i has run backward. */
  readonly freeAfterBackward: readonly (readonly string[])[];
}

/**
 * Plans the memory of a training step: every activation dies with its last reader. In MobileNetV2 that leaves one
 * stored tensor for each convolution and one for each ReLU6; the batch norms before a ReLU6 leave nothing behind.
 *
 * @param kept outputs that are read when the forward pass is done
 * @param backward false for inference: nothing is kept for a backward pass
 */
export function planLifetimes(graph: Graph, kept: readonly string[], backward = true): Lifetimes {
  const lastForward = new Map<string, number>();
  const lastBackward = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    lastForward.set(node.name, i);
    for (const input of inputsOf(node)) lastForward.set(input, i);
  });
  // The backward pass runs from the last node to the first: the lowest index is the last reader.
  if (backward)
    graph.nodes.forEach((node, i) => {
      for (const name of readBackward(node)) if (!lastBackward.has(name)) lastBackward.set(name, i);
    });
  const freeAfterForward: string[][] = graph.nodes.map(() => []);
  const freeAfterBackward: string[][] = graph.nodes.map(() => []);
  for (const [name, i] of lastForward)
    if (!lastBackward.has(name) && !kept.includes(name)) freeAfterForward[i]!.push(name);
  for (const [name, i] of lastBackward) freeAfterBackward[i]!.push(name);
  return { freeAfterForward, freeAfterLoss: kept.filter((name) => !lastBackward.has(name)), freeAfterBackward };
}
