import { parseArgs } from 'node:util';
import { Random } from '../src/core/random.js';
import { trainingOptions, type TrainingOptions } from '../src/protocol/options.js';

export interface Settings {
  readonly batch: number;
  readonly size: number;
  readonly classes: number;
  readonly steps: number;
  readonly engine: TrainingOptions['engine'];
  /** 0 for every core. */
  readonly threads: number;
  readonly inference: boolean;
  readonly qat: boolean;
}

/** What a benchmark's own process is told on its command line. */
export function settings(): Settings {
  const { values } = parseArgs({
    options: {
      batch: { type: 'string' },
      size: { type: 'string' },
      classes: { type: 'string' },
      steps: { type: 'string' },
      engine: { type: 'string', default: 'native' },
      threads: { type: 'string', default: '0' },
      inference: { type: 'boolean', default: false },
      qat: { type: 'boolean', default: false },
    },
  });
  return {
    batch: Number(values.batch ?? 32),
    size: Number(values.size ?? 128),
    classes: Number(values.classes ?? 100),
    steps: Number(values.steps ?? 8),
    engine: trainingOptions.shape.engine.parse(values.engine),
    threads: Number(values.threads),
    inference: values.inference,
    qat: values.qat,
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

/** One row of the benchmark: MobileNetV2, fp32. */
export interface Row {
  readonly who: string;
  readonly batch: number;
  readonly threads: number;
  readonly imagesPerSecond: number;
  readonly peakRssMiB: number;
}

export function report(who: string, batch: number, threads: number, seconds: number): void {
  const row: Row = {
    who,
    batch,
    threads,
    imagesPerSecond: Number((batch / seconds).toFixed(2)),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(JSON.stringify(row));
}
