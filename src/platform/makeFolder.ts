import fs from 'node:fs';
import path from 'node:path';
import { syncFolder } from './files.js';

/**
 * Makes a folder and those above it that are missing, level by level: where a file system answers "no such folder" to every
 * mkdir (`/proc`), Node's own recursive one goes on for ever (Node 20).
 *
 * @param mode of each folder that is made
 */
export function makeFolder(folder: string, mode?: number): void {
  const missing: string[] = [];
  let at = path.resolve(folder);
  while (!fs.existsSync(at) && path.dirname(at) !== at) {
    missing.push(at);
    at = path.dirname(at);
  }
  for (const level of missing.reverse()) makeLevel(level, mode);
}

function makeLevel(folder: string, mode: number | undefined): void {
  try {
    fs.mkdirSync(folder, mode);
    syncFolder(path.dirname(folder));
  } catch (error) {
    // Another process was faster.
    if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
