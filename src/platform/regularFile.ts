import fs from 'node:fs';
import { promisify } from 'node:util';

const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const readFile = promisify(fs.readFile);
const close = promisify(fs.close);

/** Opening a pipe that nobody writes to waits without end, but not with this flag, which Windows does not have. */
const READ = fs.constants.O_RDONLY | ((fs.constants.O_NONBLOCK as number | undefined) ?? 0);

/** The `code` of the error for what is there but is a folder, a pipe, a socket or a device. */
export const NOT_REGULAR = 'ENOTREGULAR';
/** And for what is larger than whoever reads it takes. */
export const TOO_LARGE = 'ETOOLARGE';

/**
 * A file's contents. Links are followed.
 *
 * @throws what the file system says; an error with the code {@link NOT_REGULAR} for anything but a regular file,
 *   {@link TOO_LARGE}
 */
export function readRegularFile(file: string, mostBytes: number): Buffer {
  const handle = openRegularFile(file);
  try {
    refuseLarge(file, fs.fstatSync(handle), mostBytes);
    return fs.readFileSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** {@link readRegularFile} in another thread. */
export async function readRegularFileLater(file: string, mostBytes: number): Promise<Buffer> {
  const handle = await open(file, READ);
  try {
    const stat = await fstat(handle);
    refuseIrregular(file, stat);
    refuseLarge(file, stat, mostBytes);
    return await readFile(handle);
  } finally {
    await close(handle);
  }
}

/**
 * A file that the product wrote itself: links are refused, and what is larger than anything it writes.
 *
 * @throws what the file system says; an error with the code {@link NOT_REGULAR} or {@link TOO_LARGE}
 */
export function readOwnFile(file: string, mostBytes: number): Buffer {
  const handle = openOwnFile(file);
  try {
    refuseLarge(file, fs.fstatSync(handle), mostBytes);
    return fs.readFileSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Links are refused. Asked before it is opened: opening alone makes some devices do something. */
export function openOwnFile(file: string): number {
  refuseIrregular(file, fs.lstatSync(file));
  return openRegularFile(file);
}

/** @returns a descriptor to read from, which the caller closes */
export function openRegularFile(file: string): number {
  const handle = fs.openSync(file, READ);
  try {
    refuseIrregular(file, fs.fstatSync(handle));
    return handle;
  } catch (error) {
    fs.closeSync(handle);
    throw error;
  }
}

function refuseIrregular(file: string, stat: fs.Stats): void {
  if (!stat.isFile()) throw refusal(file, 'is not a regular file', NOT_REGULAR);
}

function refuseLarge(file: string, { size }: fs.Stats, mostBytes: number): void {
  if (size > mostBytes) throw refusal(file, `is larger than ${mostBytes} bytes`, TOO_LARGE);
}

function refusal(file: string, why: string, code: string): Error {
  return Object.assign(new Error(`“${file}” ${why}`), { code });
}

/** Whether an error is one of the file system or of these functions, which say what is wrong with a file. */
export function isFileError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    ('syscall' in error || error.code === NOT_REGULAR || error.code === TOO_LARGE)
  );
}

/** Whether a regular file lies there, links apart; below a file there is none. */
export function isOwnFile(file: string): boolean {
  try {
    return fs.lstatSync(file).isFile();
  } catch {
    return false;
  }
}
