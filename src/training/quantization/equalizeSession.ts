import type { TrainingSession } from '../../engine/engine.js';
import type { Graph } from '../../graph/graph.js';
import { channelFactors, equalize, equalizedChannels } from '../../quantization/equalize.js';
import { quantizersOf } from '../../quantization/quantizers.js';
import type { Batches } from './calibrate.js';

/**
 * Scales the channels in front of every PReLU against the layers behind it, by what some pictures show: the network gives what it
 * gave, and rounds better. Nothing happens to a network without a PReLU.
 */
export async function equalizeSession(graph: Graph, session: TrainingSession, batches: Batches): Promise<void> {
  const found = equalizedChannels(graph);
  if (found.length === 0) return;
  const quantizers = quantizersOf(graph);
  const numbers = new Map(quantizers.map(({ parameter }, i) => [parameter, i]));
  const none = { active: new Uint8Array(quantizers.length), limits: new Float32Array(2 * quantizers.length), bins: 1 };
  const largest = new Map<string, Float64Array>();
  for await (const batch of batches()) {
    const seen = await session.observe(batch, none);
    for (const range of found.flatMap(({ ranges }) => ranges)) {
      const most = seen[numbers.get(range)!]!.largest;
      const before = largest.get(range);
      largest.set(range, before ? before.map((x, c) => Math.max(x, most[c]!)) : most);
    }
  }
  if (largest.size === 0) return;
  // Two of them may share a layer: what the first changed is what the second begins with.
  const values = new Map((await session.readState()).parameters);
  for (const channels of found) {
    const [before, behind] = channels.ranges.map((range) => largest.get(range)!) as [Float64Array, Float64Array];
    for (const [name, value] of equalize(channels, channelFactors(before, behind), values)) values.set(name, value);
  }
  session.assign(values);
}
