import fs from 'node:fs';
import { writeFileSynced } from '../platform/files.js';

/** Room for warnings, the last words and the epochs between them; not zeros, which some disks do not store. */
const BYTES = Buffer.alloc(1 << 16, 'kept so that a run can say that its disk is full\n');
const FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT'];

/** A file of a run that gives its room to the log when the disk is full. */
export class DiskReserve {
  private isThere = false;

  constructor(private readonly file: string) {}

  /** @throws what the file system says where there is no room; a disk that refuses such a file for another reason has none */
  make(): void {
    if (this.isThere) return;
    try {
      writeFileSynced(this.file, BYTES);
    } catch (error) {
      this.release();
      if (FULL.includes((error as NodeJS.ErrnoException).code)) throw error;
    }
    this.isThere = true;
  }

  /** Also at the end of the run. @returns whether room was given */
  release(): boolean {
    const wasThere = this.isThere;
    this.isThere = false;
    try {
      fs.rmSync(this.file, { force: true });
    } catch {
      return false;
    }
    return wasThere;
  }
}
