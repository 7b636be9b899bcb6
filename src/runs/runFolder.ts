import fs from 'node:fs';
import path from 'node:path';
import type { TrainingOptions } from '../protocol/options.js';
import { UserError } from '../core/userError.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { PRIVATE_FOLDER } from '../platform/privateFolder.js';
import { runDisk } from './runDisk.js';

/** What `run.json` holds: enough to repeat the run. `engine` and `data` follow once they are known. */
export interface RunRecord {
  readonly version: 1;
  readonly id: string;
  readonly startedAt: string;
  readonly options: TrainingOptions;
  readonly versions: { readonly faceTrainer: string; readonly node: string; readonly platform: string };
  readonly engine?: { readonly name: string; readonly detail: string };
  readonly network?: { readonly name: string; readonly parameters: number };
  readonly data?: {
    readonly people: readonly string[];
    readonly images: number;
    readonly trainImages: number;
    readonly validationImages: number;
    readonly fingerprint: string;
  };
}

/** The names inside a run folder. */
export class RunFolder {
  constructor(readonly path: string) {}

  get record(): string {
    return path.join(this.path, 'run.json');
  }
  get metrics(): string {
    return path.join(this.path, 'metrics.ndjson');
  }
  get checkpoints(): string {
    return path.join(this.path, 'checkpoints');
  }
  get report(): string {
    return path.join(this.path, 'report.html');
  }
  get check(): string {
    return path.join(this.path, 'check.json');
  }
  get skipped(): string {
    return path.join(this.path, 'skipped.json');
  }

  /** @throws UserError when the folder cannot be made or already holds something */
  create(record: RunRecord): void {
    withDiskErrors(runDisk(this.path), () => {
      // Asked first: a recursive mkdir calls a read-only disk a missing folder.
      fs.accessSync(nearestFolder(this.path), fs.constants.W_OK);
      fs.mkdirSync(this.path, { recursive: true, mode: PRIVATE_FOLDER });
      if (fs.readdirSync(this.path).length > 0)
        throw new UserError(
          'run-folder-unwritable',
          `The run folder “${this.path}” is not empty.`,
          'Choose a new folder: a run never writes over another one.',
        );
      fs.mkdirSync(this.checkpoints, { mode: PRIVATE_FOLDER });
    });
    this.writeRecord(record);
  }

  writeRecord(record: RunRecord): void {
    withDiskErrors(runDisk(this.path), () => writeFileAtomically(this.record, `${JSON.stringify(record, null, 2)}\n`));
  }
}

/** The path itself, or the closest folder above it that exists. */
function nearestFolder(folder: string): string {
  let at = folder;
  while (!fs.existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  return at;
}

/** Whom the classes of a run stand for; undefined when its record cannot be read or is not that far. */
export function peopleOfRun(runFolder: string): readonly string[] | undefined {
  try {
    const record = JSON.parse(fs.readFileSync(new RunFolder(runFolder).record, 'utf8')) as Partial<RunRecord>;
    return record.data?.people;
  } catch {
    return undefined;
  }
}
