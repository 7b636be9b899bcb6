import os from 'node:os';
import { formatCount } from '../core/format.js';
import type { Engine } from '../engine/engine.js';
import type { Graph } from '../graph/graph.js';

/** A word of warning before the machine starts to swap or the system ends the process. */
export function memoryWarning(
  engine: Pick<Engine, 'memoryBytes'>,
  graph: Graph,
  batchSize: number,
  availableBytes = availableMemory(),
): { message: string; advice: string } | undefined {
  const needed = engine.memoryBytes(graph, batchSize);
  if (needed <= availableBytes * 0.9) return undefined;
  let fitting = batchSize;
  while (fitting > 2 && engine.memoryBytes(graph, fitting) > availableBytes * 0.8) fitting = fitting >> 1;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return {
    message: `A batch of ${formatCount(batchSize, 'picture')} needs about ${gigabytes(needed)} of memory and ${gigabytes(availableBytes)} are free.`,
    advice: `If training is ended by the system or crawls, start it again with a batch of ${fitting}.`,
  };
}

function availableMemory(): number {
  // os.freemem() counts the page cache as taken; newer runtimes know what can be had.
  const modern = process as { availableMemory?: () => number };
  return modern.availableMemory?.() ?? os.freemem();
}
