import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isAlive } from './isAlive.js';
import { namesIn } from './namesIn.js';

/** What temporary folders are for: pictures to try, faces that are looked at, files that an export needs on its way. */
export type TemporaryKind = 'try' | 'predict' | 'faces' | 'gallery' | 'keras' | 'serve';

/** `face-trainer-try-1234-Ab12Cd` is of process 1234; before, the number was missing. */
const NAME = /^face-trainer-(?:try|predict|faces|gallery|keras|serve)-(?:(\d+)-)?\w{6}$/;
/** Of a folder that does not say whose it is: no page stays open so long. */
const OLD_MS = 7 * 86_400_000;

/** A folder that nobody else may enter, for as long as this process lives: one that is killed leaves it to `removeOrphans`. */
export function temporaryFolder(kind: TemporaryKind): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), `face-trainer-${kind}-${process.pid}-`));
}

/** Whether a file lies in such a folder, be it there or not. */
export function isTemporary(file: string): boolean {
  const folder = path.dirname(file);
  return path.dirname(folder) === os.tmpdir() && NAME.test(path.basename(folder));
}

/** Temporary folders of this user's programs, and whether their program is gone. */
export function temporaryFolders(parent = os.tmpdir()): { readonly folder: string; readonly orphaned: boolean }[] {
  return namesIn(parent).flatMap((name) => {
    const ours = NAME.exec(name);
    if (!ours) return [];
    const [, pid] = ours;
    const folder = path.join(parent, name);
    const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
    if (!stat?.isDirectory() || !isOwn(stat)) return [];
    return { folder, orphaned: pid === undefined ? Date.now() - stat.mtimeMs > OLD_MS : !isAlive(Number(pid)) };
  });
}

/** Removes what killed programs have left; it costs space and privacy, never the job at hand. */
export function removeOrphanedTemporaries(parent = os.tmpdir()): void {
  for (const { folder, orphaned } of temporaryFolders(parent))
    try {
      if (orphaned) fs.rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      console.error(error);
    }
}

function isOwn({ uid }: fs.Stats): boolean {
  return process.getuid === undefined || uid === process.getuid();
}
