import fs from 'node:fs';
import { openOwnFile } from '../platform/regularFile.js';
import { RunFolder } from './runFolder.js';

/** Some three hundred steps, which a disk that came back may have taken behind the last word. */
const TAIL_BYTES = 1 << 16;

/** Whether a run's log says how it ended, by its last lines alone. Nothing is thrown. */
export function hasLastWord(runFolder: string): boolean {
  try {
    const words = tailOf(new RunFolder(runFolder).metrics).match(/^\{"type":"(?:finished|failure|resumed)"/gm);
    return words !== null && !words.at(-1)!.includes('resumed');
  } catch {
    return false;
  }
}

function tailOf(file: string): string {
  const handle = openOwnFile(file);
  try {
    const { size } = fs.fstatSync(handle);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    return tail.toString('utf8', 0, fs.readSync(handle, tail, 0, tail.length, size - tail.length));
  } finally {
    fs.closeSync(handle);
  }
}
