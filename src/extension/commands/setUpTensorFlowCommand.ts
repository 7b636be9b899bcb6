import { spawn } from 'node:child_process';
import type { Editor } from '../editor.js';

/** Runs the command line's set-up in a process of its own, with a notification that shows how far it is. */
export async function setUpTensorFlow(editor: Editor, cli: string): Promise<void> {
  const result = await editor.progress('TensorFlow', (report, cancelled) => {
    return new Promise<{ ok: boolean; last: string }>((resolve) => {
      const child = spawn(process.execPath, [cli, 'setup-tensorflow'], {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let last = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter((l) => l.trim())) {
          editor.log.info(line);
          last = line.replace(/^TensorFlow: /, '');
          report(0, last);
        }
      });
      cancelled.addEventListener('abort', () => child.kill());
      child.once('error', (error) => resolve({ ok: false, last: error.message }));
      child.once('close', (code) =>
        resolve({ ok: code === 0, last: cancelled.aborted ? 'The set-up was cancelled.' : last }),
      );
    });
  });
  if (result.ok)
    await editor.say('information', 'TensorFlow is ready. Choose it in the setting “Face Trainer: Engine”.');
  else await editor.say('error', `TensorFlow could not be set up. ${result.last}`);
}
