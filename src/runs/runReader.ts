import fs from 'node:fs';
import { runEvent, type RunEvent, type Warning } from '../protocol/runEvents.js';
import { formatCount } from '../core/format.js';
import { openOwnFile } from '../platform/regularFile.js';
import { RunFolder } from './runFolder.js';

const CHUNK_BYTES = 1 << 22;
/** No line of ours comes near: the table of a thousand quantizers takes 200 kB. */
const LINE_BYTES = 1 << 24;
/** Some two million steps. What comes after is not read. */
const LOG_BYTES = 1 << 29;

/**
 * Reads a run's log and keeps reading where it left off, with no file open in between. A last line without its end is left
 * for the next call; one that was cut (the process was killed in the middle of it) is passed over. A whole line that
 * says nothing known is not read either, and a warning among the events tells of it. A log that is a pipe, a device, a link
 * or a folder has no events; nothing is thrown.
 */
export class RunReader {
  private readonly file: string;
  private offset = 0;
  private rest: Buffer = Buffer.alloc(0);
  /** In the middle of a line that is too long. */
  private passing = false;
  private lines = 0;
  private unread: number[] = [];

  constructor(runFolder: string) {
    this.file = new RunFolder(runFolder).metrics;
  }

  /** Events since the last call; none when there is no log (yet). */
  readNew(): RunEvent[] {
    const events: RunEvent[] = [];
    let handle: number;
    try {
      handle = openOwnFile(this.file);
    } catch {
      return [];
    }
    try {
      const end = Math.min(fs.fstatSync(handle).size, LOG_BYTES);
      const chunk = Buffer.alloc(Math.max(0, Math.min(end - this.offset, CHUNK_BYTES)));
      while (this.offset < end) {
        const got = fs.readSync(handle, chunk, 0, Math.min(chunk.length, end - this.offset), this.offset);
        if (got === 0) break;
        this.offset += got;
        this.take(chunk.subarray(0, got), events);
      }
    } catch {
      // The disk went away: what was read until then holds, and the next call tries again.
    } finally {
      fs.closeSync(handle);
    }
    if (this.unread.length > 0) events.push(unreadable(this.unread));
    this.unread = [];
    return events;
  }

  private take(chunk: Buffer, events: RunEvent[]): void {
    const end = chunk.lastIndexOf(0x0a) + 1;
    if (end === 0) {
      this.keep(chunk);
      return;
    }
    let begin = 0;
    if (this.passing) {
      begin = chunk.indexOf(0x0a) + 1;
      this.passing = false;
      this.unread.push(++this.lines);
    }
    const whole = chunk.subarray(begin, end);
    const text = (this.rest.length > 0 ? Buffer.concat([this.rest, whole]) : whole).toString('utf8');
    this.rest = Buffer.alloc(0);
    this.keep(chunk.subarray(end));
    const lines = text.split('\n');
    lines.pop(); // what follows the last line's end: nothing
    for (const line of lines) this.parse(line, events);
  }

  /** The beginning of a line whose end is still to come. */
  private keep(bytes: Buffer): void {
    if (this.passing) return;
    this.rest = Buffer.concat([this.rest, bytes]);
    if (this.rest.length <= LINE_BYTES) return;
    this.rest = Buffer.alloc(0);
    this.passing = true;
  }

  private parse(line: string, events: RunEvent[]): void {
    this.lines++;
    if (line === '') return;
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return; // cut
    }
    const event = runEvent.safeParse(json);
    if (event.success) events.push(event.data);
    else this.unread.push(this.lines);
  }
}

function unreadable(lines: readonly number[]): { readonly type: 'warning' } & Warning {
  const which =
    lines.length === 1 ? `Line ${lines[0]!}` : `${formatCount(lines.length, 'line')}, from line ${lines[0]!} on,`;
  return {
    type: 'warning',
    code: 'log-unreadable',
    message: `${which} of the run’s log could not be read.`,
    advice:
      'What it told is missing here. Another version of Face Trainer may have written it; checkpoints are unharmed.',
  };
}
