import fs from 'node:fs';
import { makeFolder } from './makeFolder.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './rights.js';

const OTHERS = 0o077;

/** Makes a folder that nobody else may enter, with the folders above it; one that is there is closed to others. */
export function makePrivateFolder(folder: string): void {
  makeFolder(folder, PRIVATE_FOLDER);
  if (process.platform === 'win32' || (fs.statSync(folder).mode & OTHERS) === 0) return;
  try {
    fs.chmodSync(folder, PRIVATE_FOLDER);
  } catch {
    // Another user's: it is up to them.
  }
}

/** Opens a file whose contents are nobody else's, whatever its rights were before. */
export function openPrivateFile(file: string, flags: number | 'a+'): number {
  const handle = fs.openSync(file, flags, PRIVATE_FILE);
  if (process.platform !== 'win32' && (fs.fstatSync(handle).mode & OTHERS) !== 0)
    try {
      fs.fchmodSync(handle, PRIVATE_FILE);
    } catch {
      // Another user's.
    }
  return handle;
}
