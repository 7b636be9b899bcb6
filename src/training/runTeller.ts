import { emptyRunState, reduceAll, reduceRun, type RunState } from '../core/runState.js';
import { writeFileAtomically, withDiskErrors } from '../platform/files.js';
import { failureOf } from '../platform/failureOf.js';
import { JOBS, type TrainerMessage } from '../protocol/jobs.js';
import type { RunEvent, ToldEvent, Warning } from '../protocol/runEvents.js';
import { renderReport } from '../report/report.js';
import { runDisk } from '../runs/runDisk.js';
import type { RunFolder } from '../runs/runFolder.js';
import { RunLog } from '../runs/runLog.js';
import { changesSummary, writeSummary } from '../runs/runSummary.js';

/** What a run tells: into its log, then to whoever listens. Report and summary are drawn from what was told. */
export class RunTeller {
  private readonly log: RunLog;
  private state: RunState;

  /**
   * @param told what the log holds already, of a run that goes on
   * @throws UserError when the log cannot be opened
   */
  constructor(
    private readonly folder: RunFolder,
    private readonly emit: (message: TrainerMessage) => void,
    told: Iterable<RunEvent> = [],
  ) {
    this.log = new RunLog(folder);
    this.state = reduceAll(told, emptyRunState());
  }

  /** @throws UserError when the log cannot be written */
  readonly tell = (event: ToldEvent): void => {
    this.log.append(event);
    this.state = reduceRun(this.state, event);
    // First: whoever listens looks there.
    if (changesSummary(event)) this.writeSummary();
    this.emit(event);
    // A crash later leaves the report of the last epoch.
    if (event.type === 'checkpoint') this.writeReport();
  };

  /** @throws UserError when the run folder is not there any more */
  readonly requireThere = (): void => {
    this.log.requireThere();
  };

  /** The report of a run that has ended well or not: it says why, and shows what was reached. A removed folder is not made again. */
  close(): void {
    if (this.log.isThere) this.writeReport();
    this.log.close();
  }

  /** Whoever finds it missing or old reads the log. */
  private writeSummary(): void {
    if (!this.log.isThere) return;
    try {
      writeSummary(this.folder.path, this.state);
    } catch (error) {
      console.error(error);
    }
  }

  private writeReport(): void {
    try {
      withDiskErrors(runDisk(this.folder.path), () =>
        writeFileAtomically(this.folder.report, renderReport(this.state)),
      );
    } catch (error) {
      const { message, advice } = failureOf(error, JOBS.train);
      const warning: Warning = { code: 'report-unwritten', message: `The report was not written: ${message}`, advice };
      this.emit({ type: 'warning', ...warning });
    }
  }
}
