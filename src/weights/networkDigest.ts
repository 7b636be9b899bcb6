import { createHash } from 'node:crypto';
import type { Graph } from '../graph/graph.js';

/**
 * What a gallery is bound to: SHA-256, in hex, over all that decides an embedding. That is the graph as JSON with its keys in
 * order, then each parameter's values as little-endian float32 in the order of the graph.
 */
export function networkDigest(graph: Graph, parameters: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash('sha256').update(JSON.stringify(graph, inOrderOfKeys));
  for (const { name } of graph.parameters) {
    const values = parameters.get(name);
    if (!values) throw new Error(`${graph.name} has no values of ${name}`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

function inOrderOfKeys(_: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
