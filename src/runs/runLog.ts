import fs from 'node:fs';
import { UserError } from '../core/userError.js';
import { diskError, syncFolder, withDiskErrors } from '../platform/files.js';
import { openPrivateFile } from '../platform/privateFolder.js';
import type { RunEvent } from '../protocol/runEvents.js';
import { DiskReserve } from './diskReserve.js';
import { runDisk } from './runDisk.js';
import type { RunFolder } from './runFolder.js';
import { WaitingLines } from './waitingLines.js';

/** Whether the folder that a run writes into lies where it was: it may have been moved or its disk be gone, or be removed for good. */
export type Presence = 'there' | 'away' | 'removed';

/** So often the disk is asked again for the sake of steps; a line that must not be lost asks each time. */
const RETRY_MS = 500;

/**
 * Appends to `metrics.ndjson`, a whole line in each write, so that a reader meets at most one unfinished line. A disk that refuses
 * ends nothing: lines wait in memory, in their order but steps behind the others, and are written as soon as it takes them.
 */
export class RunLog {
  private readonly handle: number;
  private readonly reserve: DiskReserve;
  private readonly waiting = new WaitingLines();
  /** Of a line that the disk took a part of. */
  private rest: Buffer;
  private unsynced = false;
  private refused: UserError | undefined;
  private triedAt = 0;

  /** @throws UserError when the file cannot be opened */
  constructor(
    private readonly folder: RunFolder,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.handle = withDiskErrors(runDisk(folder.path), () => {
      const handle = openPrivateFile(folder.metrics, 'a+');
      syncFolder(folder.path);
      return handle;
    });
    this.rest = Buffer.from(endsInsideLine(this.handle) ? '\n' : '');
    this.reserve = new DiskReserve(folder.reserve);
    try {
      this.reserve.make();
    } catch {
      // The first line meets it, too.
    }
  }

  /**
   * Nothing is thrown for what a disk does: `trouble` says it.
   *
   * @throws what is no error of a disk
   */
  append(event: RunEvent): void {
    const mayBeLost = event.type === 'step';
    this.waiting.add(`${JSON.stringify(event)}\n`, mayBeLost);
    if (mayBeLost && this.refused && this.now() - this.triedAt < RETRY_MS) return;
    this.writeWaiting();
  }

  /** Why not everything is on the disk that was told, as it said last. */
  get trouble(): UserError | undefined {
    return this.refused;
  }

  /** Steps that were given up for the sake of the memory. */
  get thinned(): number {
    return this.waiting.thinned;
  }

  /** Tries again. @returns whether everything is written */
  writeWaiting(): boolean {
    this.triedAt = this.now();
    try {
      this.writeAll();
      this.refused = undefined;
      return true;
    } catch (error) {
      return this.refuse(error);
    }
  }

  presence(): Presence {
    try {
      const own = fs.fstatSync(this.handle, { bigint: true });
      if (own.nlink === 0n) return 'removed';
      const there = fs.statSync(this.folder.metrics, { bigint: true, throwIfNoEntry: false });
      return there?.ino === own.ino && there.dev === own.dev ? 'there' : 'away';
    } catch {
      return 'away'; // the disk itself does not answer
    }
  }

  /** What cannot be written by now is lost. */
  close(): void {
    if (this.refused) this.writeWaiting();
    if (this.presence() === 'there') this.reserve.release();
    try {
      fs.closeSync(this.handle);
    } catch (error) {
      console.error(error);
    }
  }

  private writeAll(): void {
    this.writeOwed();
    // What it leaves free is for words that must not be lost.
    this.reserve.make();
    this.writeEach(this.waiting.steps);
  }

  /** Steps may be lost with the power; what counts for the result may not. */
  private writeOwed(): void {
    this.writeRest();
    this.unsynced ||= this.waiting.owed.length > 0;
    this.writeEach(this.waiting.owed);
    if (!this.unsynced) return;
    fs.fsyncSync(this.handle);
    this.unsynced = false;
  }

  private writeEach(lines: string[]): void {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      this.rest = Buffer.from(line);
      this.writeRest();
    }
  }

  /** A disk that is nearly full takes a part, and says so by the count alone. */
  private writeRest(): void {
    while (this.rest.length > 0) {
      const taken = fs.writeSync(this.handle, this.rest, 0);
      if (taken === 0) throw Object.assign(new Error('the disk took nothing'), { code: 'EIO' });
      this.rest = this.rest.subarray(taken);
    }
  }

  private refuse(cause: unknown): boolean {
    const error = diskError(runDisk(this.folder.path), cause);
    if (!(error instanceof UserError)) throw error;
    this.refused = error;
    if (error.code !== 'disk-full' || !this.reserve.release()) return false;
    try {
      this.writeOwed();
    } catch {
      // Somebody else took the room at once.
    }
    return false;
  }
}

/** Whether a process was killed in the middle of its last line. */
function endsInsideLine(handle: number): boolean {
  const { size } = fs.fstatSync(handle);
  const last = Buffer.alloc(1);
  return size > 0 && fs.readSync(handle, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}
