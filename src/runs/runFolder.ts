import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { syncFolder, withDiskErrors } from '../platform/files.js';
import { makeFolder } from '../platform/makeFolder.js';
import { makePrivateFolder } from '../platform/privateFolder.js';
import { PRIVATE_FOLDER } from '../platform/rights.js';
import { runDisk } from './runDisk.js';

/** The layout of a run folder: every name inside stands here and nowhere else. */
export class RunFolder {
  constructor(readonly path: string) {}

  /** What the run was started with (`runRecord.ts`). */
  get record(): string {
    return path.join(this.path, 'run.json');
  }
  /** The log: an event on each line (`protocol/runEvents.ts`). */
  get metrics(): string {
    return path.join(this.path, 'metrics.ndjson');
  }
  /** What a list of runs shows of it (`runSummary.ts`). */
  get summary(): string {
    return path.join(this.path, 'summary.json');
  }
  /** Signs of life of its process, while there is one (`vitalSigns.ts`). */
  get alive(): string {
    return path.join(this.path, 'alive.json');
  }
  /** A folder each (`checkpoint.ts`). */
  get checkpoints(): string {
    return path.join(this.path, CHECKPOINTS);
  }
  get report(): string {
    return path.join(this.path, 'report.html');
  }
  /** Room that the log gets when the disk is full (`diskReserve.ts`). */
  get reserve(): string {
    return path.join(this.path, '.reserve');
  }
  /** The report of the check of the pictures. */
  get check(): string {
    return path.join(this.path, 'check.json');
  }
  get skipped(): string {
    return path.join(this.path, 'skipped.json');
  }
  /** Pictures with more faces than one, and how many each has. */
  get severalFaces(): string {
    return path.join(this.path, 'several-faces.json');
  }
  /** Where exported files go when nobody says otherwise. */
  get exports(): string {
    return path.join(this.path, 'exports');
  }

  /** The folder of a checkpoint, by the path in its event. */
  checkpoint(relative: string): string {
    return path.join(this.path, ...relative.split('/'));
  }

  /**
   * @returns takes away again what was made, where the run does not come to begin: the folder can then be named once more
   * @throws UserError when the folder cannot be made or already holds something
   */
  create(): () => void {
    return withDiskErrors(runDisk(this.path), () => {
      // Asked first: what a disk says of a mkdir that it refuses is not always why.
      fs.accessSync(nearestFolder(this.path), fs.constants.W_OK);
      const wasThere = fs.existsSync(this.path);
      makeFolder(this.path, PRIVATE_FOLDER);
      if (fs.readdirSync(this.path).length > 0)
        throw new UserError(
          'run-folder-unwritable',
          `The run folder “${this.path}” is not empty.`,
          'Choose a new folder: a run never writes over another one.',
        );
      const takeBack = () => this.takeBack(wasThere);
      try {
        makePrivateFolder(this.path);
        fs.mkdirSync(this.checkpoints, { mode: PRIVATE_FOLDER });
        syncFolder(this.path);
      } catch (error) {
        takeBack();
        throw error;
      }
      return takeBack;
    });
  }

  /** Of a folder that was empty: what this run wrote into it, which has told nothing yet. */
  private takeBack(wasThere: boolean): void {
    try {
      if (fs.existsSync(this.checkpoints)) fs.rmdirSync(this.checkpoints);
      for (const file of [this.record, this.metrics, this.reserve, this.alive]) fs.rmSync(file, { force: true });
      if (!wasThere) fs.rmdirSync(this.path);
    } catch {
      // Somebody else's things lie there, or the disk is what failed.
    }
  }
}

const CHECKPOINTS = 'checkpoints';

/** The path of a checkpoint as its event says it: relative to the run folder, with forward slashes. */
export function checkpointPath(name: string): string {
  return `${CHECKPOINTS}/${name}`;
}

/** The run folder that a checkpoint lies in. */
export function runFolderOf(checkpoint: string): string {
  return path.resolve(checkpoint, '..', '..');
}

/** The path itself, or the closest folder above it that exists. */
function nearestFolder(folder: string): string {
  let at = folder;
  while (!fs.existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  return at;
}
