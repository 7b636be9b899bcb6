import type { FakeQuantNode, Graph, Node } from '../graph/graph.js';
import { hasKernel, inputsOf, normOf, type KernelNode } from '../graph/operations.js';
import type { ParameterValues } from '../graph/networkState.js';

// A PReLU hands on a factor that is positive: what a layer gives may be divided by one for each channel, and the layers behind its
// PReLU multiplied by it, and the network computes what it did. So channels that use a small part of the range that all of a map
// have in common are brought to use all of it, before ranges are chosen (Nagel et al. 2019, section 4.1, by what the channels were
// seen to hold instead of by their weights). A ReLU6 does not hand it on.

/** A layer, the PReLU behind it and its readers, in a quantized network. */
export interface EqualizedChannels {
  readonly before: KernelNode;
  /** What is observed in front of the PReLU and behind it. */
  readonly ranges: readonly [before: string, behind: string];
  readonly behind: readonly KernelNode[];
}

/** Beyond these nothing is gained, and weights would become hard to train. */
const MOST = 2 ** 10;

/** Every PReLU of a quantized network that nothing else reads in front of, and only layers behind. */
export function equalizedChannels(graph: Graph): EqualizedChannels[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const input of inputsOf(node)) readers.set(input, [...(readers.get(input) ?? []), node]);
  const outputs = new Set(Object.values(graph.outputs));
  const isAlone = (name: string) => readers.get(name)?.length === 1 && !outputs.has(name);
  return graph.nodes.flatMap((node) => {
    if (node.op !== 'prelu' || !isAlone(node.name)) return [];
    const [rounded, next] = [nodes.get(node.input)!, readers.get(node.name)![0]!];
    if (rounded.op !== 'fakeQuant' || next.op !== 'fakeQuant') return [];
    const before = nodes.get(rounded.input)!;
    const behind = readers.get(next.name) ?? [];
    const fits = isAlone(before.name) && isAlone(rounded.name) && !outputs.has(next.name);
    if (!fits || !hasKernel(before) || behind.length === 0 || !behind.every(hasKernel)) return [];
    return [{ before, ranges: rangesOf(rounded, next), behind }];
  });
}

function rangesOf(before: FakeQuantNode, behind: FakeQuantNode): [string, string] {
  return [before.range, behind.range];
}

/**
 * Factors of the channels, 1 in the geometric mean.
 *
 * @param before the largest |x| of each channel in front of a PReLU, and behind it
 */
export function channelFactors(before: Float64Array, behind: Float64Array): Float64Array {
  const [mostBefore, mostBehind] = [before, behind].map((all) => all.reduce((most, x) => Math.max(most, x), 0));
  const used = before.map((x, c) => Math.max(x / (mostBefore || 1), behind[c]! / (mostBehind || 1)));
  const alive = used.filter((share) => share > 0);
  const mean = Math.exp(alive.reduce((sum, share) => sum + Math.log(share), 0) / Math.max(1, alive.length));
  return used.map((share) => (share > 0 ? Math.max(1 / MOST, Math.min(MOST, share / mean)) : 1));
}

/**
 * The parameters that change; of a layer with a folded batch norm its gamma and beta.
 *
 * @param factors [C]
 */
export function equalize(
  { before, behind }: EqualizedChannels,
  factors: Float64Array,
  parameters: ParameterValues,
): Map<string, Float32Array> {
  const changed = new Map<string, Float32Array>();
  const scale = (name: string, factorOf: (i: number) => number) =>
    changed.set(
      name,
      (changed.get(name) ?? parameters.get(name)!).map((value, i) => value * factorOf(i)),
    );
  const channels = factors.length;
  const norm = normOf(before);
  const own = norm ? [norm.gamma, norm.beta] : [before.kernel, ...(before.bias === undefined ? [] : [before.bias])];
  for (const name of own) scale(name, (i) => 1 / factors[i % channels]!);
  for (const layer of behind) {
    // Kernels [.., C, Cout], of a depthwise layer [kH, kW, C, 1].
    const outputs = layer.op === 'depthwiseConv2d' ? 1 : layer.shape[2];
    scale(layer.kernel, (i) => factors[Math.floor(i / outputs) % channels]!);
  }
  return changed;
}
