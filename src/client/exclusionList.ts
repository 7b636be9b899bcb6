import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { withDiskErrors, writeFileAtomically } from '../platform/files.js';
import { readOwnFile } from '../platform/regularFile.js';
import type { DatasetReport } from '../protocol/check.js';

/** How every list begins that Face Trainer writes. */
const HEAD = '# Pictures of ';
const MOST_BYTES = 1 << 26;

/** The text of an exclusion list: what a check suggests to leave out, one path a line. */
export function exclusionList({ dataset, suggestedExclusions }: DatasetReport): string {
  const head = [
    `${HEAD}${dataset} to leave out, as suggested by Check Dataset.`,
    '# One path per line, relative to that folder. Remove or add lines as you like.',
  ];
  return [...head, ...suggestedExclusions, ''].join('\n');
}

/** @throws UserError `exclusion-list` where the file is there and is something else, which stays as it is */
export function requireExclusionList(file: string): void {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat || (stat.isFile() && stat.size === 0)) return;
  if (stat.isFile() && beginning(file, HEAD.length) === HEAD) return;
  throw new UserError(
    'exclusion-list',
    `“${file}” already exists and is not an exclusion list of Face Trainer. It was not changed.`,
    'Choose another file.',
  );
}

/** @throws UserError as `requireExclusionList`, `output-unwritable` or `disk-full` */
export function writeExclusionList(file: string, report: DatasetReport): void {
  requireExclusionList(file);
  const words = {
    what: `the exclusion list “${file}”`,
    whenFull: 'Free some space and check again.',
    whenUnwritable: 'Name a file in a folder that can be written to.',
    code: 'output-unwritable',
  } as const;
  withDiskErrors(words, () => writeFileAtomically(file, exclusionList(report)));
}

/** Whether a list is as it was written of this report: nobody has changed it since. */
export function isAsWritten(file: string, report: DatasetReport): boolean {
  try {
    return readOwnFile(file, MOST_BYTES).toString('utf8') === exclusionList(report);
  } catch {
    return false;
  }
}

function beginning(file: string, bytes: number): string {
  const handle = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, fs.readSync(handle, buffer));
  } finally {
    fs.closeSync(handle);
  }
}

/** Where the editor keeps the list of a dataset: next to the runs. */
export function exclusionFile(runs: string, dataset: string): string {
  const root = path.resolve(dataset);
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 8);
  return path.join(path.dirname(runs), 'exclude', `${path.basename(root).slice(0, 40)}-${hash}.txt`);
}
