// A child process that may hang: it gets so long, and is then ended with everything that it started.
import { spawn } from 'node:child_process';

const running = new Set();
/** Windows has no groups of processes that a signal reaches. */
const inGroups = process.platform !== 'win32';

function end(child) {
  try {
    if (inGroups) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It was faster.
  }
}

// A group of its own does not hear the terminal's Ctrl-C.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    running.forEach(end);
    process.exit(1);
  });

/**
 * @param shown whether what it prints is shown at once, not kept
 * @returns its exit code, what it printed unless it was shown, and whether its time ran out
 */
export function withinTime(ms, program, args, { shown = false, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'];
    const child = spawn(program, args, { ...options, stdio, detached: inGroups });
    running.add(child);
    let output = '';
    let timedOut = false;
    const add = (text) => (output += text);
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', add);
    const timer = setTimeout(() => {
      timedOut = true;
      end(child);
      // What it started in groups of their own may hold its pipes open for ever.
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    }, ms);
    const settle = (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: code ?? 1, output, timedOut });
    };
    child.once('error', (error) => {
      add(`${error.message}\n`);
      settle(1);
    });
    child.once('exit', () => timedOut && settle(1));
    child.once('close', settle);
  });
}
