import fs from 'node:fs';
import { reduceAll } from '../core/runState.js';
import type { EventOf } from '../protocol/runEvents.js';
import { removeLeftovers } from './leftovers.js';
import { RunFolder } from './runFolder.js';
import { RunReader } from './runReader.js';
import { writeSummary } from './runSummary.js';

/** Its process died before it could say why: the folder still tells it, and holds nothing half written. */
export function closeCrashedRun(runFolder: string, failure: EventOf<'failure'>): void {
  try {
    const { metrics, reserve } = new RunFolder(runFolder);
    // Only where a log is: a folder that was removed is not made again. The line before may be cut.
    if (!fs.lstatSync(metrics).isFile()) return;
    // A full disk then has room for this line.
    fs.rmSync(reserve, { force: true });
    fs.appendFileSync(metrics, `\n${JSON.stringify(failure)}\n`);
    removeLeftovers(runFolder);
    writeSummary(runFolder, reduceAll(new RunReader(runFolder).readNew()));
  } catch {
    // The disk may be what failed. Whoever started the process is told in any case.
  }
}
