import v8 from 'node:v8';
import { Worker } from 'node:worker_threads';
import { bundledFile } from '../platform/bundledFile.js';
import { cacheFolder } from '../platform/cacheFolder.js';
import type { MemoryReading } from '../platform/memory.js';
import { BEAT_MS, forgetVitalSigns } from '../runs/vitalSigns.js';

/** What the thread that watches a run is given. */
export interface WatchedRun {
  readonly runFolder: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly cache: string;
  readonly beatMs: number;
  /** What the main thread counts: {@link COUNTS}. */
  readonly counters: SharedArrayBuffer;
}

/** Places in the counters: turns of the main thread, what the run told, and thousandths of its JavaScript heap that are taken. */
export const COUNTS = { turns: 0, told: 1, heap: 2 } as const;

/** When something counted up last, and the longest time that it did not, by the clock of whoever looks, ms. */
export class PauseMeter {
  longestMs = 0;
  private count = 0;

  constructor(public at: number) {}

  see(count: number, now: number): void {
    if (count === this.count) return;
    this.longestMs = Math.max(this.longestMs, now - this.at);
    this.count = count;
    this.at = now;
  }
}

export interface RunWatch {
  /** The run told something. */
  readonly told: () => void;
  /** Takes its signs of life away; settles when nobody writes them any more. */
  close(): Promise<void>;
}

const TURN_MS = 250;

interface WatchOptions {
  readonly beatMs?: number;
  readonly cache?: string;
  /** Called once, where memory runs out. */
  readonly onShortage?: (left: MemoryReading) => void;
}

/** Lets a thread say that the process of a run lives, and look after its memory. */
export function watchRun(
  runFolder: string,
  since: Date,
  { beatMs = BEAT_MS, cache = cacheFolder(), onShortage }: WatchOptions = {},
): RunWatch {
  const counters = new SharedArrayBuffer(4 * Object.keys(COUNTS).length);
  const counts = new Int32Array(counters);
  const workerData: WatchedRun = { runFolder, since: since.toISOString(), cache, beatMs, counters };
  const file = bundledFile('runWatch.js');
  if (!file) throw new Error('runWatch.js is missing beside the program: build it with npm run build');
  const worker = new Worker(file, { workerData, resourceLimits: { maxOldGenerationSizeMb: 16 } });
  worker.unref();
  worker.on('message', (left: MemoryReading) => onShortage?.(left));
  worker.on('error', (error) => console.error(error)); // without it a run goes on
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const turn = () => {
    const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
    Atomics.store(counts, COUNTS.heap, Math.round((1000 * used) / limit));
    Atomics.add(counts, COUNTS.turns, 1);
  };
  const turning = setInterval(turn, TURN_MS);
  return {
    told: () => void Atomics.add(counts, COUNTS.told, 1),
    async close() {
      clearInterval(turning);
      worker.ref(); // a process with nothing else to do would end before
      worker.postMessage('close');
      await ended;
      forgetVitalSigns(runFolder);
    },
  };
}
