import * as vscode from 'vscode';
import { TrainerProcess } from '../client/trainerProcess.js';
import type { LastWord, TrainerOrder } from '../protocol/jobs.js';

/** Runs a job that is no training in a process of its own, under a notification that shows how far it is and can stop it. */
export function runJob(
  order: TrainerOrder,
  title: string,
  entry: string,
  log: vscode.LogOutputChannel,
): Thenable<LastWord> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (progress, cancelled) => {
    let told = 0;
    const trainer = new TrainerProcess(
      { entry, order },
      {
        onMessage: (message) => {
          if (message.type !== 'preparing' || message.total === 0) return;
          const share = (100 * message.done) / message.total;
          progress.report({
            increment: share - told,
            message: `${message.done.toLocaleString('en-US')} of ${message.total.toLocaleString('en-US')} pictures`,
          });
          told = share;
        },
        onOutput: (line) => log.info(line),
      },
    );
    cancelled.onCancellationRequested(() => trainer.stop());
    return trainer.ended;
  });
}

/** The same without a word, for what is over in a moment. */
export function runQuietly(order: TrainerOrder, entry: string, log: vscode.LogOutputChannel): Promise<LastWord> {
  const listener = { onMessage: () => undefined, onOutput: (line: string) => log.info(line) };
  return new TrainerProcess({ entry, order }, listener).ended;
}
