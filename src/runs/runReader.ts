import fs from 'node:fs';
import path from 'node:path';
import { runEvent, type RunEvent } from '../protocol/runEvents.js';

/**
 * Reads a run's log and keeps reading where it left off. A last line without its end is left for the next call; a
 * line that is damaged (the power failed in the middle of it) is passed over.
 */
export class RunReader {
  private offset = 0;
  private rest = Buffer.alloc(0);

  constructor(private readonly runFolder: string) {}

  /** Events since the last call; none when there is no log (yet). */
  readNew(): RunEvent[] {
    let handle: number;
    try {
      handle = fs.openSync(path.join(this.runFolder, 'metrics.ndjson'), 'r');
    } catch {
      return [];
    }
    try {
      const size = fs.fstatSync(handle).size;
      if (size <= this.offset) return [];
      const chunk = Buffer.alloc(size - this.offset);
      const got = fs.readSync(handle, chunk, 0, chunk.length, this.offset);
      this.offset += got;
      return this.parse(chunk.subarray(0, got));
    } finally {
      fs.closeSync(handle);
    }
  }

  private parse(chunk: Buffer): RunEvent[] {
    const bytes = Buffer.concat([this.rest, chunk]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    this.rest = bytes.subarray(end);
    return bytes
      .subarray(0, end)
      .toString('utf8')
      .split('\n')
      .flatMap((line) => parseLine(line));
  }
}

function parseLine(line: string): RunEvent[] {
  if (!line.trim()) return [];
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return [];
  }
  const event = runEvent.safeParse(json);
  return event.success ? [event.data] : [];
}
