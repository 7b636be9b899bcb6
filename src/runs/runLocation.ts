import fs from 'node:fs';
import path from 'node:path';
import { makePrivateFolder } from '../platform/privateFolder.js';

/** `<base>/.face-trainer/runs`: where runs go when nobody says otherwise. */
export function defaultRunsFolder(base: string): string {
  return path.join(base, '.face-trainer', 'runs');
}

/** Keeps what Face Trainer writes in a `.face-trainer` out of version control. */
export function ignoreInGit(folder: string): void {
  if (path.basename(folder) !== '.face-trainer') return;
  const file = path.join(folder, '.gitignore');
  try {
    makePrivateFolder(folder);
    if (!fs.existsSync(file)) fs.writeFileSync(file, '*\n');
  } catch {
    // The trainer will say what is wrong with the disk.
  }
}
