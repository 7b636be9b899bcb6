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

/**
 * A file's contents. Links are followed.
 *
 * @throws what the file system says; an error with the code {@link NOT_REGULAR} for anything but a regular file
 */
export function readRegularFile(file: string): Buffer {
  const handle = openRegularFile(file);
  try {
    return fs.readFileSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** {@link readRegularFile} in another thread. */
export async function readRegularFileLater(file: string): Promise<Buffer> {
  const handle = await open(file, READ);
  try {
    refuseIrregular(file, await fstat(handle));
    return await readFile(handle);
  } finally {
    await close(handle);
  }
}

/**
 * A file that the product wrote itself: links are refused, and what is larger than anything it writes.
 *
 * @throws what the file system says; an error with the code {@link NOT_REGULAR}
 */
export function readOwnFile(file: string, mostBytes: number): Buffer {
  const handle = openOwnFile(file);
  try {
    if (fs.fstatSync(handle).size > mostBytes) throw notRegular(file, `is larger than ${mostBytes} bytes`);
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
  if (!stat.isFile()) throw notRegular(file, 'is not a regular file');
}

function notRegular(file: string, why: string): Error {
  return Object.assign(new Error(`“${file}” ${why}`), { code: NOT_REGULAR });
}

/** Whether a regular file lies there, links apart; below a file there is none. */
export function isOwnFile(file: string): boolean {
  try {
    return fs.lstatSync(file).isFile();
  } catch {
    return false;
  }
}
