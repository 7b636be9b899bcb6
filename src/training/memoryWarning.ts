import os from 'node:os';
import { picturesPerBatch } from '../core/batchSize.js';
import { formatCount } from '../core/format.js';
import type { Engine } from '../engine/engine.js';
import type { Graph } from '../graph/graph.js';
import type { TrainingOptions } from '../protocol/options.js';

/** A word of warning before the machine starts to swap or the system ends the process. */
export function memoryWarning(
  engine: Pick<Engine, 'memoryBytes'>,
  graph: Graph,
  options: Pick<TrainingOptions, 'sampler' | 'batchSize'>,
  availableBytes = availableMemory(),
): { message: string; advice: string } | undefined {
  const pictures = picturesPerBatch(options);
  const needed = engine.memoryBytes(graph, pictures);
  if (needed <= availableBytes * 0.9) return undefined;
  let fitting = pictures;
  while (fitting > 2 && engine.memoryBytes(graph, fitting) > availableBytes * 0.8) fitting = fitting >> 1;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const smaller =
    options.sampler === 'shuffle'
      ? `with a batch of ${fitting}`
      : `with fewer people or pictures in a batch, ${fitting} pictures together`;
  return {
    message: `A batch of ${formatCount(pictures, 'picture')} needs about ${gigabytes(needed)} of memory and ${gigabytes(availableBytes)} are free.`,
    advice: `If the system ends the training, or it slows to a crawl, start again ${smaller}.`,
  };
}

function availableMemory(): number {
  // os.freemem() counts the page cache as taken; newer runtimes know what can be had.
  const modern = process as { availableMemory?: () => number };
  return modern.availableMemory?.() ?? os.freemem();
}
