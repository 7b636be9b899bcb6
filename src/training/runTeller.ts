import { emptyRunState, reduceRun } from '../core/runState.js';
import { UserError } from '../core/userError.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { failureOf } from '../platform/failureOf.js';
import { JOBS, type TrainerMessage } from '../protocol/jobs.js';
import type { EventOf, ToldEvent, Warning } from '../protocol/runEvents.js';
import { renderReport } from '../report/report.js';
import { runDisk } from '../runs/runDisk.js';
import type { RunFolder } from '../runs/runFolder.js';
import { RunLog, type Presence } from '../runs/runLog.js';
import { changesSummary, writeSummary } from '../runs/runSummary.js';

/** The report draws some 1,200 of them, however long the run is. */
const MOST_STEPS = 10_000;
/** A report takes at most this share of a run's time. */
const REPORT_SHARE = 0.002;

/** What a run tells: into its log, then to whoever listens. Report and summary are drawn from what was told. */
export class RunTeller {
  private readonly log: RunLog;
  private warned = false;
  private warnedOfReport = false;
  private nextReportAt = 0;
  /** The disk did not take the newest. */
  private owesSummary = false;
  private owesReport = false;

  /**
   * @param state what the log holds already comes to, of a run that goes on; taken over
   * @throws UserError when the log cannot be opened
   */
  constructor(
    private readonly folder: RunFolder,
    private readonly emit: (message: TrainerMessage) => void,
    private state = emptyRunState(),
  ) {
    this.log = new RunLog(folder);
    this.thin();
  }

  /** What the disk does not take waits, with a warning. */
  readonly tell = (event: ToldEvent): void => {
    this.log.append(event);
    this.warnOfLog(this.log.trouble, 'Training goes on, and what it tells is kept in memory.'); // before a last word
    this.say(event);
  };

  /**
   * The last word of a run that ended well: it is said when all that was told is on the disk.
   *
   * @param isPatient waits a moment; @returns whether to try again
   * @throws UserError where the disk does not take it
   */
  async tellLast(event: EventOf<'finished'>, isPatient: () => Promise<boolean>): Promise<void> {
    this.log.append(event);
    const waits = 'What the run told last is kept in memory.';
    this.warnOfLog(this.log.trouble, waits);
    while (this.presence() !== 'there' || !this.log.writeWaiting()) {
      const why = this.presence() === 'there' ? this.log.trouble : this.gone();
      if (this.presence() === 'removed' || !(await isPatient())) throw endUnwritten(why!);
      this.warnOfLog(why, waits);
    }
    this.say(event);
  }

  /** @throws UserError why not all that was told is on the disk */
  requireWritten(): void {
    if (this.log.trouble) throw this.log.trouble;
  }

  readonly presence = (): Presence => this.log.presence();

  /** @throws UserError `run-folder-unwritable` when the run folder is not where it was */
  readonly requireThere = (): void => {
    if (this.presence() !== 'there') throw this.gone();
  };

  private gone(): UserError {
    return new UserError(
      'run-folder-unwritable',
      `The run folder “${this.folder.path}” was removed or moved while the run was writing to it.`,
      'Bring it back and go on with the run, or train again; leave the folder where it is until the run has ended.',
    );
  }

  /** What the disk did not take is tried once more. */
  close(): void {
    if (this.owesSummary) this.writeSummary();
    if (this.owesReport) this.writeReport();
    this.log.close();
  }

  private say(event: ToldEvent): void {
    this.state = reduceRun(this.state, event);
    if (event.type === 'step') this.thin();
    // First: whoever listens looks there.
    if (changesSummary(event)) this.writeSummary();
    // Of a run that has ended well or not: it says why, and shows what was reached. Nobody listens behind the last word.
    if (event.type === 'finished' || event.type === 'failure') this.writeReport();
    this.emit(event);
    // A crash later leaves the report of the last epoch.
    if (event.type === 'checkpoint' && performance.now() >= this.nextReportAt) this.writeReport();
  }

  /** Of a long run every second step is as much as anybody sees; the log has them all. */
  private thin(): void {
    const { steps } = this.state;
    if (steps.length <= MOST_STEPS) return;
    const kept = steps.filter((_, i) => (steps.length - i) % 2 === 1);
    steps.length = 0;
    for (const step of kept) steps.push(step);
    this.thin();
  }

  private warnOfLog(trouble: UserError | undefined, what: string): void {
    if (!trouble || this.warned) return;
    this.warned = true;
    this.tell({
      ...{ type: 'warning', code: 'log-unwritten', message: `${trouble.message} ${what}` },
      advice:
        'Free some space, bring the folder back or make it writable again: it is written as soon as that is done.',
    });
  }

  /** Whoever finds it missing or old reads the log. */
  private writeSummary(): void {
    this.owesSummary = true;
    if (this.presence() !== 'there') return;
    try {
      writeSummary(this.folder.path, this.state);
      this.owesSummary = false;
    } catch (error) {
      console.error(error);
    }
  }

  private writeReport(): void {
    this.owesReport = true;
    // A removed folder is not made again.
    if (this.presence() !== 'there') return;
    const begin = performance.now();
    try {
      withDiskErrors(runDisk(this.folder.path), () =>
        writeFileAtomically(this.folder.report, renderReport(this.state)),
      );
      this.owesReport = false;
    } catch (error) {
      const { message, advice } = failureOf(error, JOBS.train);
      const warning: Warning = { code: 'report-unwritten', message: `The report was not written: ${message}`, advice };
      if (!this.warnedOfReport && !this.warned) this.emit({ type: 'warning', ...warning });
      this.warnedOfReport = true;
    }
    const now = performance.now();
    this.nextReportAt = now + (now - begin) / REPORT_SHARE;
  }
}

function endUnwritten({ code, message }: UserError): UserError {
  return new UserError(
    code,
    `${message} So the end of the run could not be noted in its folder.`,
    'Make room or bring the folder back, then go on with the run: what is missing is trained again, to the same bits.',
  );
}
