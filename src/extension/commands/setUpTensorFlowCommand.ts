import { spawn } from 'node:child_process';
import * as vscode from 'vscode';

/** Runs the command line's set-up in a process of its own, with a notification that shows how far it is. */
export async function setUpTensorFlow(cli: string, log: vscode.LogOutputChannel): Promise<void> {
  const options = { location: vscode.ProgressLocation.Notification, title: 'TensorFlow', cancellable: true };
  const result = await vscode.window.withProgress(options, (progress, cancelled) => {
    return new Promise<{ ok: boolean; last: string }>((resolve) => {
      const child = spawn(process.execPath, [cli, 'setup-tensorflow'], {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let last = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter((l) => l.trim())) {
          log.info(line);
          last = line.replace(/^TensorFlow: /, '');
          progress.report({ message: last });
        }
      });
      cancelled.onCancellationRequested(() => child.kill());
      child.once('error', (error) => resolve({ ok: false, last: error.message }));
      child.once('close', (code) =>
        resolve({ ok: code === 0, last: cancelled.isCancellationRequested ? 'The set-up was cancelled.' : last }),
      );
    });
  });
  if (result.ok)
    void vscode.window.showInformationMessage('TensorFlow is ready. The setting “Face Trainer: Engine” chooses it.');
  else void vscode.window.showErrorMessage(`TensorFlow could not be set up. ${result.last}`);
}
