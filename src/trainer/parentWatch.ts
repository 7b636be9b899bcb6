import { workerData } from 'node:worker_threads';

// A thread of its own, because a training step may block the main thread for longer than an orphan may live (5 s).
const POLL_MS = 250;
const GRACE_MS = 1500;

const { parent } = workerData as { parent: number };
let orphanedSince: number | undefined;

setInterval(() => {
  if (parentLives()) return;
  orphanedSince ??= Date.now();
  // In the meantime the main thread, told by its closed channel, may end by itself with a checkpoint.
  if (Date.now() - orphanedSince >= GRACE_MS) process.kill(process.pid, 'SIGKILL');
}, POLL_MS);

function parentLives(): boolean {
  // POSIX gives an orphan a new parent at once; Windows never does, so there the old number is asked for.
  if (process.platform !== 'win32') return process.ppid === parent;
  try {
    process.kill(parent, 0);
    return true;
  } catch {
    return false;
  }
}
