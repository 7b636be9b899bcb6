import fs from 'node:fs';
import { brokeOff, endedBadly } from '../core/brokeOff.js';
import { reduceAll } from '../core/runState.js';
import { takeFolder } from '../platform/folderLock.js';
import { writeFileAtomically } from '../platform/files.js';
import { JOBS, type Job, type JobWords } from '../protocol/jobs.js';
import type { EventOf, RunState } from '../protocol/runEvents.js';
import { renderReport } from '../report/report.js';
import { reachedIn } from '../runs/reached.js';
import { removeLeftovers } from '../runs/leftovers.js';
import { forgetNote } from '../runs/runningRuns.js';
import { RunFolder } from '../runs/runFolder.js';
import { RunReader } from '../runs/runReader.js';
import { writeSummary } from '../runs/runSummary.js';
import { forgetVitalSigns, pulseOf, readVitalSigns } from '../runs/vitalSigns.js';
import { deathSeen, deathUnseen, type SeenEnd } from './deathOf.js';

export { brokeOff };

type Failure = EventOf<'failure'>;

/** A process that ended without a last word, in sentences about its job. */
export function explainEnd(job: Job, end: SeenEnd): Failure {
  const words: JobWords = JOBS[job];
  return { type: 'failure', ...endedBadly(deathSeen(end), words) };
}

/**
 * Says in the folder of a run how its process ended, which could not say it itself: in its log, its summary and its report. What it left
 * half done is removed.
 *
 * @param end as whoever started it saw it, or what it said last and could not write; undefined where nobody saw it
 * @returns how it ended; undefined where its process is there, or where nobody can say whether it is
 */
export async function closeRun(
  runFolder: string,
  end?: SeenEnd | Failure,
): Promise<Failure | EventOf<'finished'> | undefined> {
  // Of those who notice at once, one writes. Where the disk does not even take a lock, nothing will be written.
  const giveBack = await takeFolder(runFolder, 500).catch(() => () => undefined);
  if (!giveBack) return undefined;
  try {
    const state = reduceAll(new RunReader(runFolder).readNew());
    const own = state.failure ?? state.finished;
    if (own) return own;
    const { run } = state;
    if (!end && (!run || pulseOf(runFolder, run).state !== 'gone')) return undefined;
    const failure = failureOf(runFolder, state, end);
    write(runFolder, failure, reduceAll([failure], state));
    return failure;
  } finally {
    giveBack();
  }
}

function failureOf(runFolder: string, { run, checkpoints }: RunState, end: SeenEnd | Failure | undefined): Failure {
  if (end && 'message' in end) return end;
  const reached = reachedIn(runFolder, checkpoints, run?.options);
  const signs = readVitalSigns(runFolder);
  const own = signs?.pid === run?.pid ? signs : undefined;
  return {
    type: 'failure',
    ...brokeOff(end ? deathSeen(end, own) : deathUnseen(own, run?.processStart), reached),
  };
}

function write(runFolder: string, failure: Failure, state: RunState): void {
  try {
    const { metrics, reserve, report } = new RunFolder(runFolder);
    // Only where a log is: a folder that was removed is not made again. The line before may be cut.
    if (!fs.lstatSync(metrics).isFile()) return;
    // A full disk then has room for this line.
    fs.rmSync(reserve, { force: true });
    fs.appendFileSync(metrics, `\n${JSON.stringify(failure)}\n`);
    removeLeftovers(runFolder);
    forgetVitalSigns(runFolder);
    forgetNote(runFolder);
    writeSummary(runFolder, state);
    writeFileAtomically(report, renderReport(state));
  } catch {
    // The disk may be what failed. Whoever started the process is told in any case.
  }
}
