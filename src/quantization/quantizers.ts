import type { Graph } from '../graph/graph.js';
import { hasKernel } from '../graph/operations.js';

/** A quantizer of a graph: of a kernel or of slopes, or of the activations that one or more nodes give. */
export interface Quantizer {
  readonly kind: 'weights' | 'activations';
  /** Of the kernel or the slopes, or of the parameter that holds the range. */
  readonly parameter: string;
  readonly bits: number;
  /** The node whose kernel or output it is; the first of those that share it. */
  readonly node: string;
  readonly observed: boolean;
  /** Scales of its own: one for each output channel of a kernel. */
  readonly channels: number;
}

/** All quantizers of a graph in the order of its nodes. Their numbers are what engines are told. */
export function quantizersOf(graph: Graph): readonly Quantizer[] {
  const found = new Map<string, Quantizer>();
  for (const node of graph.nodes) {
    if (node.op === 'fakeQuant') {
      const { bits, range, observed, name } = node;
      if (!found.has(range))
        found.set(range, { kind: 'activations', parameter: range, bits, node: name, observed, channels: 1 });
    } else if (hasKernel(node) && node.weightBits !== undefined)
      found.set(node.kernel, {
        kind: 'weights',
        parameter: node.kernel,
        bits: node.weightBits,
        node: node.name,
        observed: false,
        channels: node.shape[2],
      });
    else if (node.op === 'prelu' && node.weightBits !== undefined)
      found.set(node.slope, {
        ...{ kind: 'weights', parameter: node.slope, bits: node.weightBits },
        ...{ node: node.name, observed: false, channels: 1 },
      });
  }
  return [...found.values()];
}
