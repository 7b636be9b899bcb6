import fs from 'node:fs';
import { picturesAt } from '../platform/picturesAt.js';

interface Look {
  readonly bytes: number;
  readonly changedMs: number;
  /** Whether it was told; until then it may still be written. */
  readonly told: boolean;
}

/**
 * Pictures that appear in a folder, or are written anew: cameras write the same name again and again, and an upload takes its time. A
 * picture is told once it has been the same at two looks. Looks are asked for from outside, so that a folder on another machine, of
 * which no system tells anything, is as good as one here.
 */
export class PictureWatch {
  private known: Map<string, Look> | undefined;

  /** @param existing pictures that are there at the first look are told as well */
  constructor(
    private readonly folder: string,
    private readonly existing = false,
  ) {}

  /** @returns pictures to be told now, absolute, those that changed first in front; undefined while the folder is not there */
  look(): string[] | undefined {
    let files: readonly string[];
    try {
      // A folder that is gone is no picture of that name.
      if (!fs.statSync(this.folder).isDirectory()) return undefined;
      files = picturesAt(this.folder);
    } catch {
      return undefined;
    }
    const before = this.known;
    const isFirst = before === undefined && !this.existing;
    const now = new Map<string, Look>();
    const ready: { readonly file: string; readonly changedMs: number }[] = [];
    for (const file of files) {
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      if (!stat) continue;
      const [bytes, changedMs] = [stat.size, stat.mtimeMs];
      const last = before?.get(file);
      const same = last !== undefined && last.bytes === bytes && last.changedMs === changedMs;
      const told = isFirst || (same && (last.told || bytes > 0));
      if (told && !isFirst && !last!.told) ready.push({ file, changedMs });
      now.set(file, { bytes, changedMs, told });
    }
    this.known = now;
    return ready.sort((a, b) => a.changedMs - b.changedMs).map(({ file }) => file);
  }
}
