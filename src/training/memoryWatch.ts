import type { MemoryReading } from '../platform/memory.js';

/** Of what there is, so much has to be left: a checkpoint wants some, and below it a machine swaps. */
const SHARE = 0.03;
const LEAST_BYTES = 48e6;
const MOST_BYTES = 400e6;
/** Readings in a row that have to be low: a program that starts takes much for a moment. */
const IN_A_ROW = 2;

/** Says once that memory runs out, before it does. */
export class MemoryWatch {
  private low = 0;
  private said = false;

  /** @returns the reading where a run has to end by itself now */
  see(reading: MemoryReading): MemoryReading | undefined {
    const least = Math.min(MOST_BYTES, Math.max(LEAST_BYTES, reading.totalBytes * SHARE));
    this.low = reading.availableBytes < least ? this.low + 1 : 0;
    if (this.said || this.low < IN_A_ROW) return undefined;
    this.said = true;
    return reading;
  }
}
