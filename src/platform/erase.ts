import fs from 'node:fs';
import { writeFileAtomically } from './files.js';
import { PRIVATE_FILE } from './rights.js';

// Removing what shows somebody. What lay there is written over before it is let go, as far as a program can do that: a disk of flash
// memory or a file system that copies on write may keep the old blocks for a while, and backups keep theirs.

const CHUNK = Buffer.alloc(1 << 20);

/** Writes over a file's contents and removes it. One with another name elsewhere (a hard link) is only removed here. */
export function eraseFile(file: string): void {
  if (isSingle(file)) {
    const handle = fs.openSync(file, 'r+');
    try {
      writeOver(handle);
    } finally {
      fs.closeSync(handle);
    }
  }
  fs.rmSync(file, { force: true });
}

/** Everything in a folder, and the folder; links are removed, not followed. */
export function eraseFolder(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = `${folder}/${entry.name}`;
    if (entry.isDirectory()) eraseFolder(at);
    else eraseFile(at);
  }
  fs.rmSync(folder, { recursive: true, force: true });
}

/** Puts other contents in the place of a file, which is whole at every moment, and writes over what was there. */
export function replaceErased(file: string, data: string | Uint8Array, mode = PRIVATE_FILE): void {
  erasingOld([file], () => writeFileAtomically(file, data, mode));
}

/** Does something that replaces or removes files, then writes over those that are gone by it. */
export function erasingOld<T>(files: readonly string[], work: () => T): T {
  // Windows neither renames over a file that is open nor tells how many names it has left.
  const handles = process.platform === 'win32' ? [] : files.filter(isSingle).map((file) => fs.openSync(file, 'r+'));
  try {
    const result = work();
    for (const handle of handles) if (fs.fstatSync(handle).nlink === 0) writeOver(handle);
    return result;
  } finally {
    for (const handle of handles) fs.closeSync(handle);
  }
}

/** With another name elsewhere, such as in a backup, its contents are not ours alone. */
function isSingle(file: string): boolean {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.nlink === 1;
}

function writeOver(handle: number): void {
  const { size } = fs.fstatSync(handle);
  for (let done = 0; done < size;) done += fs.writeSync(handle, CHUNK, 0, Math.min(CHUNK.length, size - done), done);
  fs.fsyncSync(handle);
}
