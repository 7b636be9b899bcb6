import fs from 'node:fs';
import { UserError } from '../core/userError.js';
import { withDiskErrors } from '../platform/files.js';
import type { RunEvent } from '../protocol/runEvents.js';
import { runDisk } from './runDisk.js';
import type { RunFolder } from './runFolder.js';

/** Appends to `metrics.ndjson`, a whole line in each write, so that a reader meets at most one unfinished line. */
export class RunLog {
  private readonly handle: number;
  /** The disk took a part of the last line and refused the rest: the next one begins on a line of its own. */
  private lineIsOpen = false;

  /** @throws UserError when the file cannot be opened */
  constructor(private readonly folder: RunFolder) {
    this.handle = withDiskErrors(runDisk(folder.path), () => fs.openSync(folder.metrics, 'a+'));
    this.lineIsOpen = endsInsideLine(this.handle);
  }

  /** @throws UserError `disk-full` or `run-folder-unwritable` */
  append(event: RunEvent): void {
    withDiskErrors(runDisk(this.folder.path), () => {
      const line = Buffer.from(`${this.lineIsOpen ? '\n' : ''}${JSON.stringify(event)}\n`);
      // A disk that is nearly full takes a part, and says so by the count alone.
      for (let done = 0; done < line.length;) {
        done += fs.writeSync(this.handle, line, done);
        this.lineIsOpen = done < line.length;
      }
      // Steps may be lost with the power; what counts for the result may not.
      if (event.type !== 'step') fs.fsyncSync(this.handle);
    });
  }

  /** A file that was removed is written to as before, and nobody will ever read it. */
  get isThere(): boolean {
    const own = fs.fstatSync(this.handle, { bigint: true });
    const there = fs.statSync(this.folder.metrics, { bigint: true, throwIfNoEntry: false });
    return there?.ino === own.ino && there.dev === own.dev;
  }

  /**
   * Asked before a checkpoint, and at the end.
   *
   * @throws UserError `run-folder-unwritable` when the run folder was removed or another one lies in its place
   */
  requireThere(): void {
    if (this.isThere) return;
    throw new UserError(
      'run-folder-unwritable',
      `The run folder “${this.folder.path}” was removed or moved while the run was writing to it.`,
      'Train again, and leave the folder where it is until the run has ended.',
    );
  }

  close(): void {
    fs.closeSync(this.handle);
  }
}

/** Whether a process was killed in the middle of its last line. */
function endsInsideLine(handle: number): boolean {
  const { size } = fs.fstatSync(handle);
  const last = Buffer.alloc(1);
  return size > 0 && fs.readSync(handle, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}
