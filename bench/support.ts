import os from 'node:os';
import { parseArgs } from 'node:util';
import { Random } from '../src/core/random.js';

export interface Settings {
  readonly batch: number;
  readonly size: number;
  readonly classes: number;
  readonly steps: number;
}

/** What a benchmark's own process is told on its command line. */
export function settings(): Settings {
  const { values } = parseArgs({
    options: {
      batch: { type: 'string' },
      size: { type: 'string' },
      classes: { type: 'string' },
      steps: { type: 'string' },
    },
  });
  return {
    batch: Number(values.batch ?? 32),
    size: Number(values.size ?? 128),
    classes: Number(values.classes ?? 100),
    steps: Number(values.steps ?? 8),
  };
}

export function randomPixels(count: number): Uint8Array {
  const random = Random.fromSeed(1);
  return Uint8Array.from({ length: count }, () => random.uint32() & 255);
}

/** Median seconds of a step after two that warm up: the same as the peers' programs measure. */
export async function time(steps: number, step: () => Promise<void>): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < steps + 2; i++) {
    const start = performance.now();
    await step();
    seconds.push((performance.now() - start) / 1000);
  }
  return median(seconds.slice(2));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** One row of the benchmark. */
export interface Row {
  readonly who: string;
  readonly what: string;
  readonly batch: number;
  readonly threads: number;
  readonly imagesPerSecond: number;
  readonly peakRssMiB: number;
}

/** What every row measures. */
export const WHAT = 'training step, MobileNetV2, fp32';

export function report(who: string, batch: number, seconds: number): void {
  const row: Row = {
    who,
    what: WHAT,
    batch,
    threads: os.availableParallelism(),
    imagesPerSecond: Number((batch / seconds).toFixed(2)),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(JSON.stringify(row));
}
