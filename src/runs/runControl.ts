import fs from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from '../platform/files.js';
import { makePrivateFolder } from '../platform/privateFolder.js';

/** What a run may be asked by anybody who may write into its folder: to end after the batch at hand, for good or for now. */
export const RUN_WISHES = ['stop', 'pause'] as const;
export type RunWish = (typeof RUN_WISHES)[number];

/** A file for each wish, taken away by the run that heard it. */
const folderOf = (runFolder: string) => path.join(runFolder, 'control');
const fileOf = (runFolder: string, wish: RunWish) => path.join(folderOf(runFolder), wish);

/**
 * Asks a run that another process trains.
 *
 * @throws what the file system says
 */
export function askRun(runFolder: string, wish: RunWish): void {
  makePrivateFolder(folderOf(runFolder));
  writeFileAtomically(fileOf(runFolder, wish), `${process.pid}\n`);
}

/** Takes what a run was asked for since the last time; a stop counts more than a pause. */
export function takeWish(runFolder: string): RunWish | undefined {
  const asked = RUN_WISHES.filter((wish) => {
    try {
      fs.unlinkSync(fileOf(runFolder, wish));
      return true;
    } catch {
      return false;
    }
  });
  return asked[0];
}
