import type { Graph, Node } from './graph.js';
import { inputsOf, parametersOf } from './operations.js';

/**
 * What leads to one node, which becomes the embedding. Names and order stay.
 *
 * @throws RangeError when there is no such node
 */
export function subgraph(graph: Graph, node: string): Graph {
  const needed = new Set([node]);
  const nodes: Node[] = [];
  for (const other of [...graph.nodes].reverse())
    if (needed.has(other.name)) {
      nodes.unshift(other);
      for (const input of inputsOf(other)) needed.add(input);
    }
  if (nodes.at(-1)?.name !== node) throw new RangeError(`${graph.name} has no node ${node}`);
  return { name: `${graph.name} embedding`, nodes, parameters: usedBy(nodes, graph), outputs: { embedding: node } };
}

export interface SplitGraph {
  /** As far as the node, which is its embedding. */
  readonly below: Graph;
  /** From the node on, which is its input: [N, 1, 1, E] floats. */
  readonly above: Graph;
}

/**
 * A network in two, so that what lies above a node can be trained alone. Names and order stay; a node of `above` has another
 * index than in the whole network.
 *
 * @throws RangeError when the node is no vector, stands above the embedding, or when something above it reads past it
 */
export function splitAt(graph: Graph, node: string): SplitGraph {
  const below = subgraph(graph, node);
  const { name, shape } = below.nodes.at(-1)!;
  const under = new Set(below.nodes.map((other) => other.name));
  const rest = graph.nodes.filter((other) => !under.has(other.name));
  const refuse = (why: string) => {
    throw new RangeError(`${graph.name} cannot be split at ${node}: ${why}`);
  };
  if (shape[0] !== 1 || shape[1] !== 1) refuse('it is no vector');
  const past = rest.find((other) => inputsOf(other).some((input) => input !== node && under.has(input)));
  if (past) refuse(`${past.name} reads what lies below`);
  if (node !== graph.outputs.embedding && under.has(graph.outputs.embedding)) refuse('the embedding lies below');
  const nodes: Node[] = [{ op: 'input', name, values: 'floats', shape }, ...rest];
  return {
    below,
    above: { name: `head of ${graph.name}`, nodes, parameters: usedBy(nodes, graph), outputs: graph.outputs },
  };
}

function usedBy(nodes: readonly Node[], { parameters }: Graph): Graph['parameters'] {
  const used = new Set(nodes.flatMap(parametersOf));
  return parameters.filter(({ name }) => used.has(name));
}
