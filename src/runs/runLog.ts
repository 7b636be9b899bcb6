import fs from 'node:fs';
import type { RunEvent } from '../protocol/runEvents.js';
import { withDiskErrors } from '../platform/files.js';
import { runDisk } from './runDisk.js';

/** Appends to `metrics.ndjson`, a whole line in each write, so that a reader meets at most one unfinished line. */
export class RunLog {
  private readonly handle: number;

  /** @throws UserError when the file cannot be opened */
  constructor(
    private readonly runFolder: string,
    file: string,
  ) {
    this.handle = withDiskErrors(runDisk(runFolder), () => fs.openSync(file, 'a'));
  }

  /** @throws UserError `disk-full` or `run-folder-unwritable` */
  append(event: RunEvent): void {
    withDiskErrors(runDisk(this.runFolder), () => {
      fs.writeSync(this.handle, `${JSON.stringify(event)}\n`);
      // Steps may be lost with the power; what counts for the result may not.
      if (event.type !== 'step') fs.fsyncSync(this.handle);
    });
  }

  close(): void {
    fs.closeSync(this.handle);
  }
}
