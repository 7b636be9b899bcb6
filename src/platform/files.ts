import fs from 'node:fs';
import path from 'node:path';
import { UserError, type UserErrorCode } from '../core/userError.js';
import { PRIVATE_FILE } from './rights.js';

/**
 * Writes a file so that it is whole or absent, even when the power fails: temporary name, fsync, rename, fsync of the folder.
 *
 * @param mode its owner's alone unless told otherwise: nearly every file names people or shows them
 */
export function writeFileAtomically(file: string, data: string | Uint8Array, mode = PRIVATE_FILE): void {
  const temporary = `${file}.tmp-${process.pid}`;
  try {
    writeFileSynced(temporary, data, mode);
    fs.renameSync(temporary, file);
  } catch (error) {
    removeIfPossible(temporary);
    throw error;
  }
  syncFolder(path.dirname(file));
}

export function writeFileSynced(file: string, data: string | Uint8Array, mode = PRIVATE_FILE): void {
  const handle = fs.openSync(file, 'w', mode);
  try {
    fs.writeFileSync(handle, data);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** What file systems say that cannot sync a folder, as some of the network's; they keep their own order. */
const CANNOT_SYNC_FOLDERS = ['EINVAL', 'ENOTSUP', 'ENOSYS'];

/** Makes a rename in this folder last. Windows cannot open a folder; there the rename itself is journaled. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } catch (error) {
    if (!CANNOT_SYNC_FOLDERS.includes(String(codeOf(error)))) throw error;
  } finally {
    fs.closeSync(handle);
  }
}

/** After a failure, of which whoever waits is told: what cannot be removed costs space, no more. */
export function removeIfPossible(file: string): void {
  try {
    fs.rmSync(file, { recursive: true, force: true });
  } catch {
    // The disk is what failed.
  }
}

/** What a write that fails says. This room knows disks; the caller knows what the file is for. */
export interface DiskWords {
  /** What is written, in the middle of a sentence: "the run folder “/a”". */
  readonly what: string;
  /** What to do where the disk is full, and where nothing can be written. */
  readonly whenFull: string;
  readonly whenUnwritable: string;
  /** Where nothing can be written. */
  readonly code: UserErrorCode;
}

/** Runs a write; an error of the disk becomes a sentence. */
export function withDiskErrors<T>(words: DiskWords, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw diskError(words, error);
  }
}

const UNWRITABLE: Readonly<Record<string, string>> = {
  EROFS: 'the disk is read-only',
  EACCES: 'you do not have permission to write there',
  EPERM: 'you do not have permission to write there',
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
  EISDIR: 'a folder is in the way',
  ENOTEMPTY: 'something else was put in its place',
  ENOENT: 'the folder does not exist, or no files can be created in it',
  EBUSY: 'another program is using it',
  ENAMETOOLONG: 'the name is too long',
  EINVAL: 'the disk does not allow such a name',
  ELOOP: 'its links form a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk reports an error',
  EFBIG: 'the file is larger than the disk allows',
  ESTALE: 'its network folder is not the one it was',
  ENOTCONN: 'its network folder is not connected',
  ETIMEDOUT: 'its network folder does not answer',
  EHOSTDOWN: 'its network folder does not answer',
  EHOSTUNREACH: 'its network folder does not answer',
  ENODEV: 'the disk is not there any more',
  ENXIO: 'the disk is not there any more',
};

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** What a disk says that no sentence is written for yet is told in its own word. */
function whyOf(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const { syscall } = error as NodeJS.ErrnoException;
  return UNWRITABLE[code] ?? (syscall === undefined ? undefined : `the system answers ${code} to “${syscall}”`);
}

/** An error of a disk as a sentence; any other as it is. */
export function diskError({ what, whenFull, whenUnwritable, code }: DiskWords, error: unknown): unknown {
  const reported = codeOf(error);
  if (reported === 'ENOSPC' || reported === 'EDQUOT')
    return new UserError('disk-full', `The disk of ${what} is full.`, whenFull, { cause: error });
  const why = whyOf(error);
  if (why === undefined) return error;
  return new UserError(code, `${what[0]!.toUpperCase()}${what.slice(1)} cannot be written: ${why}.`, whenUnwritable, {
    cause: error,
  });
}
