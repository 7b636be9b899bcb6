import fs from 'node:fs';
import path from 'node:path';
import { removeIfPossible, syncFolder, writeFileSynced } from '../platform/files.js';
import { PRIVATE_FOLDER } from '../platform/rights.js';
import { sha256 } from '../platform/sha256.js';

/** The files of a checkpoint but for its manifest. */
export interface CheckpointFiles {
  /** Name of the graph. */
  readonly graph: string;
  readonly files: readonly (readonly [name: string, bytes: Uint8Array])[];
}

/** What the others are held against: their sizes, and their SHA-256. */
export const MANIFEST = 'manifest.json';
/** Of checkpoints that are written. */
export const VERSION = 2;

/**
 * Writes a checkpoint folder. Every file is synced under a temporary folder name and the folder appears by one rename:
 * a reader meets a whole checkpoint or none.
 *
 * @returns bytes written
 * @throws what the file system says; nothing of it is left then where that can be removed
 */
export function writeCheckpointFiles(folder: string, { graph, files }: CheckpointFiles): number {
  const listed = files.map(([file, bytes]) => ({ file, bytes: bytes.length, sha256: sha256(bytes) }));
  const all = [...files, [MANIFEST, json({ version: VERSION, graph, files: listed })] as const];
  const temporary = path.join(path.dirname(folder), `.tmp-${path.basename(folder)}-${process.pid}`);
  try {
    removeIfPossible(temporary); // of an attempt that could not even be removed
    fs.mkdirSync(temporary, { mode: PRIVATE_FOLDER });
    for (const [file, bytes] of all) writeFileSynced(path.join(temporary, file), bytes);
    syncFolder(temporary);
    fs.renameSync(temporary, folder);
  } catch (error) {
    removeIfPossible(temporary);
    throw error;
  }
  syncFolder(path.dirname(folder));
  return all.reduce((sum, [, bytes]) => sum + bytes.length, 0);
}

/** Under its own name a checkpoint is whole to the last: it is renamed, and then removed file by file. */
export function removeWhole(folder: string): void {
  const doomed = path.join(path.dirname(folder), `.old-${path.basename(folder)}-${process.pid}`);
  try {
    fs.renameSync(folder, doomed);
    fs.rmSync(doomed, { recursive: true, force: true });
  } catch {
    // One that cannot be removed costs space, not the run.
  }
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
