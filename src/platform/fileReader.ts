import fs from 'node:fs';
import { promisify } from 'node:util';
import { readRegularFile, readRegularFileLater } from './regularFile.js';

const stat = promisify(fs.stat);

/** A file system that takes longer is one across a network, or a disk that has to seek. */
const QUICK_MS = 0.4;
const WEIGHT = 1 / 16;

/**
 * Reads many small files. Where they come at once, out of memory or from a fast disk, reading in place takes a third of
 * the time that four trips to another thread take; as soon as the file system turns out to be slow, many are under way at
 * the same time.
 */
export class FileReader {
  private meanMs = 0;

  constructor(private readonly mostBytes: number) {}

  /** As {@link readRegularFile}. */
  read(file: string): Buffer | Promise<Buffer> {
    return this.quick
      ? this.timed(() => readRegularFile(file, this.mostBytes))
      : readRegularFileLater(file, this.mostBytes);
  }

  stat(file: string): fs.Stats | Promise<fs.Stats> {
    return this.quick ? this.timed(() => fs.statSync(file)) : stat(file);
  }

  private get quick(): boolean {
    return this.meanMs < QUICK_MS;
  }

  private timed<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.meanMs += (performance.now() - start - this.meanMs) * WEIGHT;
    }
  }
}
