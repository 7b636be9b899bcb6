import path from 'node:path';
import { isOwnFile } from '../platform/regularFile.js';
import { RunFolder } from '../runs/runFolder.js';
import { defaultRunsFolder } from '../runs/runLocation.js';
import { UsageError } from './flag.js';
import type { Given } from './given.js';

/**
 * The one run that a command is about; undefined where none is named.
 *
 * @throws UsageError where several are
 */
export function namedRun({ words: [word, more], cwd }: Given): string | undefined {
  if (more !== undefined) throw new UsageError(`Unexpected argument “${more}”: one run is enough.`);
  return word === undefined ? undefined : runPlace(word, cwd);
}

/** @throws UsageError where none is named, or several */
export function requireRun(given: Given): string {
  const run = namedRun(given);
  if (run === undefined) throw new UsageError('Name the folder of a run.');
  return run;
}

/** The folder of a run that is named by its path, or by its name where it lies among those of the working folder. */
function runPlace(word: string, cwd: string): string {
  const isRun = (folder: string) => isOwnFile(new RunFolder(folder).record);
  const place = path.resolve(cwd, word);
  const named = path.join(defaultRunsFolder(cwd), word);
  return path.basename(word) === word && !isRun(place) && isRun(named) ? named : place;
}
