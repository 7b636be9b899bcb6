import type { Batch, TrainingSession } from '../../engine/engine.js';
import { followedRange, type Observation } from '../../quantization/folding.js';
import type { Graph } from '../../graph/graph.js';
import { quantizersOf, type Quantizer } from '../../quantization/quantizers.js';
import type { ObserverName } from '../../protocol/quantizationOptions.js';
import { rangeOfHistogram, type Range } from '../../quantization/observers.js';

/** Weight of the old range from batch to batch with `movingAverage`. */
export const RANGE_MOMENTUM = 0.9;
const BINS = 2048;

/** Reads the same batches again as often as it is called. */
export type Batches = () => AsyncIterable<Batch>;

/**
 * Chooses the range of every observed quantizer of activations from what a session sees in some batches. Kernels are not
 * rounded meanwhile. The moving average needs one pass, the others two.
 *
 * @returns by parameter; [0, 0] where only zeros were seen
 */
export async function calibrate(
  graph: Graph,
  session: TrainingSession,
  batches: Batches,
  observer: ObserverName,
): Promise<Map<string, Range>> {
  const quantizers = quantizersOf(graph);
  const active = new Uint8Array(quantizers.length);
  const limits = new Float32Array(2 * quantizers.length);
  const ranges = new Map<string, Range>();
  const observed = quantizers.flatMap((quantizer, i) => (quantizer.observed ? [[quantizer, i] as const] : []));
  const whole = new Map<string, Range>();
  for await (const batch of batches()) {
    const seen = await session.observe(batch, { active, limits, bins: 1 });
    for (const [{ parameter }, i] of observed) {
      const { min, max } = seen[i]!;
      const [low, high] = whole.get(parameter) ?? [0, 0];
      whole.set(parameter, [Math.min(low, min), Math.max(high, max)]);
      ranges.set(parameter, followedRange(ranges.get(parameter) ?? [0, 0], min, max, RANGE_MOMENTUM));
    }
  }
  if (observer === 'movingAverage') return ranges;
  for (const [{ parameter }, i] of observed) limits.set(whole.get(parameter)!, 2 * i);
  const counts = new Map<string, Float64Array>();
  for await (const batch of batches()) {
    const seen = await session.observe(batch, { active, limits, bins: BINS });
    for (const [{ parameter }, i] of observed) {
      const sum = counts.get(parameter) ?? new Float64Array(BINS);
      seen[i]!.histogram.forEach((count, bin) => (sum[bin]! += count));
      counts.set(parameter, sum);
    }
  }
  for (const [{ parameter, bits }, i] of observed) {
    const ends = [limits[2 * i]!, limits[2 * i + 1]!] as const;
    if (ends[0] < ends[1])
      ranges.set(parameter, rangeOfHistogram(observer, { limits: ends, counts: counts.get(parameter)! }, bits));
  }
  return ranges;
}

/** What the quantizers of activations do to the values of some batches, each by itself; by parameter. */
export async function measureActivations(
  graph: Graph,
  session: TrainingSession,
  batches: Batches,
): Promise<Map<string, Pick<Observation, 'count' | 'energy' | 'noise' | 'clipped' | 'min' | 'max'>>> {
  const quantizers: readonly Quantizer[] = quantizersOf(graph);
  const settings = {
    active: new Uint8Array(quantizers.length),
    limits: new Float32Array(2 * quantizers.length),
    bins: 1,
  };
  const sums = new Map<
    string,
    { count: number; energy: number; noise: number; clipped: number; min: number; max: number }
  >();
  for await (const batch of batches()) {
    const seen = await session.observe(batch, settings);
    quantizers.forEach(({ parameter }, i) => {
      const one = seen[i];
      if (!one) return;
      const sum = sums.get(parameter) ?? { count: 0, energy: 0, noise: 0, clipped: 0, min: Infinity, max: -Infinity };
      sums.set(parameter, {
        count: sum.count + one.count,
        energy: sum.energy + one.energy,
        noise: sum.noise + one.noise,
        clipped: sum.clipped + one.clipped,
        min: Math.min(sum.min, one.min),
        max: Math.max(sum.max, one.max),
      });
    });
  }
  return sums;
}
