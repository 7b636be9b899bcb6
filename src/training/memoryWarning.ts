import os from 'node:os';
import { formatCount } from '../core/format.js';
import { sizeOf, type Graph } from '../graph/graph.js';

/** Base of a training process with TensorFlow loaded. */
const BASE_BYTES = 450e6;
/** Temporary tensors of the convolutions beside the stored activations: measured peak over stored, batch 32 and 64. */
const OVERHEAD = 1.35;

/** Peak memory that a training step is expected to take, in bytes: what the backward pass reads, at four bytes a value. */
export function expectedMemory(graph: Graph, batchSize: number): number {
  const kept = graph.nodes.filter(({ op }) => op !== 'batchNorm');
  const values = kept.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const parameters = graph.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return BASE_BYTES + OVERHEAD * 4 * values * batchSize + 20 * parameters;
}

/** A word of warning before the machine starts to swap or the system ends the process. */
export function memoryWarning(
  graph: Graph,
  batchSize: number,
  availableBytes = availableMemory(),
): { message: string; advice: string } | undefined {
  const needed = expectedMemory(graph, batchSize);
  if (needed <= availableBytes * 0.9) return undefined;
  let fitting = batchSize;
  while (fitting > 2 && expectedMemory(graph, fitting) > availableBytes * 0.8) fitting = fitting >> 1;
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
