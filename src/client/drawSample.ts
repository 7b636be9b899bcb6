import { fork } from 'node:child_process';
import { UserError } from '../core/userError.js';
import { trainerEnvironment } from '../platform/trainerEnvironment.js';

/**
 * Draws people that nobody is, in a process of its own; a folder that is whole stays as it is.
 *
 * @param entry the bundled `drawSample.js`
 * @throws UserError `output-unwritable`; what the signal was aborted with
 */
export async function drawSample(entry: string, folder: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const child = fork(entry, [folder], {
    execArgv: [], // a debugger's port of this process is not the child's
    env: trainerEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const stop = () => child.kill();
  signal?.addEventListener('abort', stop);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', stop));
  signal?.throwIfAborted();
  if (code === 0) return;
  const [advice] = said.split('\n').filter((line) => line.trim());
  throw new UserError(
    'output-unwritable',
    `The synthetic faces could not be drawn into “${folder}”.`,
    advice ?? 'Look whether there is room on the disk, and whether you may write there.',
  );
}
