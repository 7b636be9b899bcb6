import type { Batch, BatchResult, TrainingSession } from '../../engine/engine.js';
import type { Graph } from '../../graph/graph.js';
import { hasKernel, isJoined } from '../../graph/operations.js';
import { quantizersOf } from '../../quantization/quantizers.js';

export interface LayerCost {
  readonly layer: string;
  /** Mean cross-entropy above that of the network in float, nats. */
  readonly lossIncrease: number;
  /** Pictures whose first person is another one. */
  readonly changed: number;
}

/**
 * What each layer costs when it alone is rounded: its kernel and its output, everything else in float.
 *
 * @param pause awaited between two layers
 */
export async function layerSensitivity(
  graph: Graph,
  session: TrainingSession,
  batches: readonly Batch[],
  pause: () => Promise<unknown>,
): Promise<{ readonly floatLoss: number; readonly layers: LayerCost[] }> {
  const quantizers = quantizersOf(graph);
  const evaluate = async (active: Uint8Array): Promise<BatchResult[]> => {
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(await session.evaluate(batch, { quantization: { active } }));
    return results;
  };
  const pictures = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const lossOf = (results: readonly BatchResult[]) =>
    results.reduce((sum, { lossSum }) => sum + lossSum, 0) / Math.max(1, pictures);
  const float = await evaluate(new Uint8Array(quantizers.length));
  const firsts = firstClasses(float, batches);
  const layers: LayerCost[] = [];
  for (const [layer, parameters] of layerQuantizers(graph)) {
    const active = Uint8Array.from(quantizers, ({ parameter }) => Number(parameters.has(parameter)));
    const results = await evaluate(active);
    const changed = firstClasses(results, batches).filter((first, i) => first !== firsts[i]).length;
    layers.push({ layer, lossIncrease: lossOf(results) - lossOf(float), changed });
    await pause();
  }
  return { floatLoss: lossOf(float), layers };
}

/** The quantizers of each layer: of its kernel, and of what follows it up to the next layer. */
export function layerQuantizers(graph: Graph): Map<string, Set<string>> {
  const layers = new Map<string, Set<string>>();
  /** The layer that a node's output comes from, without a sum or a pooling between them. */
  const owner = new Map<string, string>();
  for (const node of graph.nodes) {
    if (hasKernel(node)) {
      owner.set(node.name, node.name);
      if (node.weightBits !== undefined) layers.set(node.name, new Set([node.kernel]));
    } else if (node.op === 'fakeQuant' || isJoined(node)) {
      const from = owner.get(node.input);
      if (from === undefined) continue;
      owner.set(node.name, from);
      if (node.op === 'fakeQuant') layers.get(from)?.add(node.range);
    }
  }
  return layers;
}

function firstClasses(results: readonly BatchResult[], batches: readonly Batch[]): number[] {
  return results.flatMap(({ outputs }, b) => {
    const count = batches[b]!.labels.length;
    const scores = outputs.scores!;
    const people = scores.length / count;
    return Array.from({ length: count }, (_, row) => {
      const own = scores.subarray(row * people, (row + 1) * people);
      return own.indexOf(Math.max(...own));
    });
  });
}
