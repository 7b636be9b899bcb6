import type { Graph } from '../../graph/graph.js';
import type { Lifetimes } from '../lifetimes.js';
import { operationOf } from './ops/operations.js';
import type { Activations, ForwardPass } from './pass.js';

/** Runs the graph forward and gives back every activation that nobody will read; the caller owns the rest. */
export function forward(graph: Graph, lifetimes: Lifetimes, given: Omit<ForwardPass, 'activations'>): Activations {
  const activations: Activations = new Map();
  const pass: ForwardPass = { ...given, activations };
  graph.nodes.forEach((node, i) => {
    activations.set(node.name, operationOf(node.op).forward(node, pass));
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
