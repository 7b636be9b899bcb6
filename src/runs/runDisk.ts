import type { DiskWords } from '../platform/files.js';

/**
 * What a failed write into a run folder says.
 *
 * @param checkpointBytes how much a checkpoint of this network takes, where that is known
 */
export function runDisk(runFolder: string, checkpointBytes?: number): DiskWords {
  const size = checkpointBytes === undefined ? '' : ` (a checkpoint takes ${(checkpointBytes / 1e6).toFixed(1)} MB)`;
  return {
    what: `the run folder “${runFolder}”`,
    whenFull: `Free some space${size}; earlier checkpoints are unharmed.`,
    whenUnwritable: 'Choose a folder on a writable disk with the setting “faceTrainer.runFolder” or with --out.',
    code: 'run-folder-unwritable',
  };
}
