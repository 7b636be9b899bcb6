import { dot } from '../../core/cosine.js';
import type { Batch, BatchResult, TrainingSession } from '../../engine/engine.js';
import type { Graph } from '../../graph/graph.js';
import { hasKernel, isJoined } from '../../graph/operations.js';
import { quantizersOf } from '../../quantization/quantizers.js';

export interface LayerCost {
  readonly layer: string;
  /** Mean loss above that of the network in float; of a network that names nobody mean 1 − cosine to its float embeddings. */
  readonly lossIncrease: number;
  /** Pictures whose first person is another one; 0 of a network that names nobody. */
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
  const named = graph.outputs.scores !== undefined;
  const wants = [named ? 'scores' : 'embedding'] as const;
  const evaluate = async (active: Uint8Array): Promise<BatchResult[]> => {
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(await session.evaluate(batch, { wants, quantization: { active } }));
    return results;
  };
  const pictures = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const lossOf = (results: readonly BatchResult[]) =>
    results.reduce((sum, { lossSum }) => sum + lossSum, 0) / Math.max(1, pictures);
  const float = await evaluate(new Uint8Array(quantizers.length));
  const firsts = named ? firstClasses(float, batches) : [];
  const increase = (results: readonly BatchResult[]) =>
    named ? lossOf(results) - lossOf(float) : turned(results, float, batches);
  const layers: LayerCost[] = [];
  for (const [layer, parameters] of layerQuantizers(graph)) {
    const active = Uint8Array.from(quantizers, ({ parameter }) => Number(parameters.has(parameter)));
    const results = await evaluate(active);
    const now = named ? firstClasses(results, batches) : [];
    layers.push({
      layer,
      lossIncrease: increase(results),
      changed: now.filter((first, i) => first !== firsts[i]).length,
    });
    await pause();
  }
  return { floatLoss: named ? lossOf(float) : 0, layers };
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
    } else if (node.op === 'fakeQuant' || node.op === 'prelu' || isJoined(node)) {
      const from = owner.get(node.input);
      if (from === undefined) continue;
      owner.set(node.name, from);
      if (node.op === 'fakeQuant') layers.get(from)?.add(node.range);
      if (node.op === 'prelu' && node.weightBits !== undefined) layers.get(from)?.add(node.slope);
    }
  }
  return layers;
}

/** Mean 1 − cosine between the embeddings of pictures with something rounded and in float. */
function turned(rounded: readonly BatchResult[], float: readonly BatchResult[], batches: readonly Batch[]): number {
  let [sum, count] = [0, 0];
  float.forEach(({ outputs }, b) => {
    const [exact, other] = [outputs.embedding!, rounded[b]!.outputs.embedding!];
    const rows = batches[b]!.labels.length;
    const length = exact.length / rows;
    for (let row = 0; row < rows; row++, count++)
      sum +=
        1 -
        cosineOf(exact.subarray(row * length, (row + 1) * length), other.subarray(row * length, (row + 1) * length));
  });
  return sum / Math.max(1, count);
}

/** 0 where one of them has no length. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
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
