import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';

/** Writes a file so that it is whole or absent, even when the power fails: temporary name, fsync, rename, fsync of the folder. */
export function writeFileAtomically(file: string, data: string | Uint8Array): void {
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    writeFileSynced(temporary, data);
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

export function writeFileSynced(file: string, data: string | Uint8Array): void {
  const handle = fs.openSync(file, 'w');
  try {
    fs.writeFileSync(handle, data);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Makes a rename in this folder last. Windows cannot open a folder; there the rename itself is journaled. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Runs a write to the run folder; an error of the disk becomes a sentence. */
export function withDiskErrors<T>(runFolder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw diskError(runFolder, error);
  }
}

const UNWRITABLE: Readonly<Record<string, string>> = {
  EROFS: 'the disk is read-only',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  ENOTDIR: 'a file stands in its way',
  EEXIST: 'a file stands in its way',
  ENOENT: 'it is not there any more',
  EIO: 'the disk reports an error',
};

function diskError(runFolder: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UserError(
      'disk-full',
      `The disk of the run folder “${runFolder}” is full.`,
      'Free some space (a checkpoint of this network takes about 30 MB) and train again; earlier checkpoints are unharmed.',
      { cause: error },
    );
  const why = code === undefined ? undefined : UNWRITABLE[code];
  if (why !== undefined)
    return new UserError(
      'run-folder-unwritable',
      `The run folder “${runFolder}” cannot be written: ${why}.`,
      'Choose a folder on a writable disk with the setting “faceTrainer.runFolder” or with --out.',
      { cause: error },
    );
  return error;
}
