import type { Graph } from './graph.js';
import { inputsOf, parametersOf } from './operations.js';

/**
 * Before an engine runs a graph that somebody made by hand.
 *
 * @throws RangeError for a node that stands before its inputs, names nothing, or leads to no output; for a parameter or an
 *   output that does not exist; for scores, or an embedding beside them, that are no vector
 */
export function checkGraph({ name: graph, nodes, parameters, outputs }: Graph): void {
  const parameterNames = new Set(parameters.map(({ name }) => name));
  const seen = new Map<string, Graph['nodes'][number]>();
  const read = new Set<string>([outputs.embedding, ...(outputs.scores === undefined ? [] : [outputs.scores])]);
  for (const node of nodes) {
    for (const input of inputsOf(node)) {
      if (!seen.has(input)) throw new RangeError(`${node.name} reads ${input}, which does not stand before it`);
      read.add(input);
    }
    const absent = parametersOf(node).find((name) => !parameterNames.has(name));
    if (absent !== undefined) throw new RangeError(`${node.name} has no parameter ${absent}`);
    if (seen.has(node.name)) throw new RangeError(`two nodes are named ${node.name}`);
    seen.set(node.name, node);
  }
  // Whatever is read stands before its reader, so that the last of a chain that nobody reads is found here.
  const unread = nodes.find(({ name }) => !read.has(name));
  if (unread) throw new RangeError(`nothing reads ${unread.name}, and it is no output`);
  for (const [output, name] of Object.entries(outputs) as [keyof typeof outputs, string][]) {
    const node = seen.get(name);
    if (!node) throw new RangeError(`${graph} has no ${output}: ${name} is no node`);
    const [height, width] = node.shape;
    // A network without scores may be one that finds something on a map.
    if (outputs.scores !== undefined && (height !== 1 || width !== 1))
      throw new RangeError(`${graph} has no ${output}: ${name} is no vector`);
  }
}
