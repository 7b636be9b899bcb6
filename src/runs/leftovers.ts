import path from 'node:path';
import { removeIfPossible } from '../platform/files.js';
import { isAlive } from '../platform/isAlive.js';
import { namesIn } from '../platform/namesIn.js';
import { RunFolder } from './runFolder.js';

/** `.tmp-epoch-0004-1234` was being written by process 1234, `.old-epoch-0001-1234` being removed, `run.json.tmp-1234` written. */
const HALF_CHECKPOINT = /^\.(?:tmp|old)-(?:epoch|step)-\d+-(\d+)$/;
const HALF_FILE = /^(?:run\.json|summary\.json|alive\.json|report\.html|check\.json|skipped\.json)\.tmp-(\d+)$/;

/** Removes what dead processes left half written or half removed in a run folder; nothing that has another name. */
export function removeLeftovers(runFolder: string): void {
  const folder = new RunFolder(runFolder);
  removeOf(folder.checkpoints, HALF_CHECKPOINT);
  removeOf(folder.path, HALF_FILE);
}

function removeOf(folder: string, pattern: RegExp): void {
  for (const name of namesIn(folder)) {
    const pid = pattern.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) removeIfPossible(path.join(folder, name));
  }
}
