import { inputsOf, type Graph, type Node } from '../graph/graph.js';

/** When the output of each node may be given back in a training step. Index i belongs to the i-th node. */
export interface Lifetimes {
  /** Outputs that nothing reads any more once node i has run forward. */
  readonly freeAfterForward: readonly (readonly string[])[];
  /** Outputs that were kept for the loss, or for whoever asked, and that the backward pass does not read. */
  readonly freeAfterLoss: readonly string[];
  /** Outputs that nothing reads any more once node i has run backward. */
  readonly freeAfterBackward: readonly (readonly string[])[];
}

/** The outputs that a node's backward pass reads: its input where the gradient needs it, its own output where that is enough. */
function readBackward(node: Node): readonly string[] {
  switch (node.op) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'batchNorm':
    case 'dense':
    case 'fakeQuant': // whether it lay inside the range
      return [node.input];
    case 'relu6': // 0 < y < 6 decides, so x is not kept
      return [node.name];
    case 'globalMaxPool':
      return [node.input, node.name];
    case 'input':
    case 'add':
    case 'globalAveragePool':
    case 'dropout': // its mask is drawn again
      return [];
  }
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
