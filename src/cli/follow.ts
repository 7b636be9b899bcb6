import path from 'node:path';
import { TrainerProcess, type TrainerEnd } from '../client/trainerProcess.js';
import { isRunOrder, type RunOrder, type TrainerMessage, type TrainerOrder } from '../protocol/jobs.js';
import { RunFolder } from '../runs/runFolder.js';
import { readSummary } from '../runs/runSummary.js';
import { startWaiting } from '../runs/startWaiting.js';
import { EXIT } from './command.js';
import type { Flag } from './flag.js';
import { TerminalView } from './terminalView.js';

/** The bundled trainer. */
export const trainerEntry = (): string => path.join(__dirname, 'trainer.js');

export const OUT: Flag = {
  name: 'out',
  value: 'FOLDER',
  help: 'the run folder, new or empty (.face-trainer/runs/<id>)',
};
export const JSON_FLAG = (help: string): Flag => ({ name: 'json', help });

/** How a command speaks: in lines for people, or in JSON for programs. */
export class Output {
  private readonly view: TerminalView;

  constructor(readonly json: boolean) {
    this.view = new TerminalView({
      write: (text) => process.stdout.write(text),
      isTTY: process.stdout.isTTY && !json,
      columns: process.stdout.columns || 100,
    });
  }

  /** For people only. */
  note(...lines: readonly string[]): void {
    if (!this.json) for (const line of lines) this.view.note(line);
  }

  /** For programs only: one object a line. */
  lines(...values: readonly object[]): void {
    if (this.json) for (const value of values) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** What a run tells, in lines for people or as it is for programs. */
  message(message: TrainerMessage): void {
    if (this.json) process.stdout.write(`${JSON.stringify(message)}\n`);
    else this.view.show(message);
  }

  /** Starts a trainer and shows what it says until it ends; the first Ctrl-C asks it to stop, the second ends it. */
  follow(order: TrainerOrder): Promise<TrainerEnd> {
    // Of a run every message is of use to a program, of another job its result.
    const isRun = isRunOrder(order);
    const trainer = new TrainerProcess(
      { entry: trainerEntry(), order },
      {
        onMessage: (message) => {
          if (isRun || !this.json) this.message(message);
        },
        onOutput: (line) => process.stderr.write(`${line}\n`),
        onSilent: (sentence) => process.stderr.write(`${sentence} Ctrl-C ends it, if it hangs.\n`),
      },
    );
    const interrupt = () => {
      if (trainer.stopping) trainer.kill('was interrupted twice');
      else {
        this.note(`Stopping${isRun ? ' after this batch' : ''} (Ctrl-C again ends it at once)`);
        trainer.stop();
      }
    };
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    return trainer.ended;
  }

  /** The exit code of a job that came to no result; with JSON nobody was told yet. */
  failed(end: TrainerEnd): number {
    if (this.json && end.type === 'failure') console.error(`${end.message} ${end.advice}`);
    return EXIT.failed;
  }

  /** Of a run that has a checkpoint to go on from. */
  offerToGoOn(runFolder: string): void {
    if ((readSummary(runFolder)?.checkpoints.length ?? 0) > 0)
      this.note(`            face-trainer resume ${runFolder}`);
  }

  /** Follows a run and says in the end where it lies. */
  async run(order: RunOrder): Promise<number> {
    const end = await this.follow(order);
    // One that was killed could not.
    startWaiting(trainerEntry());
    if (end.type !== 'finished') {
      this.offerToGoOn(order.runFolder);
      return EXIT.failed;
    }
    this.note(`Run folder  ${order.runFolder}`, `Report      ${new RunFolder(order.runFolder).report}`);
    return EXIT.ok;
  }
}
