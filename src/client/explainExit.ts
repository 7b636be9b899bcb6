import type { EventOf } from '../protocol/runEvents.js';

/** A trainer that ended without a last word, in a sentence. */
export function explainExit(code: number | undefined, signal: string | undefined, error?: Error): EventOf<'failure'> {
  const unharmed = 'Checkpoints written so far are unharmed.';
  if (error)
    return {
      type: 'failure',
      code: 'trainer-not-started',
      message: `The training process could not be started (${error.message}).`,
      advice: 'Install Face Trainer again, or look whether a security program blocks it.',
    };
  // Windows and shells give signals as numbers above 128; 134 is V8's end when its heap is full.
  const name = signal ?? (code === 134 ? 'SIGABRT' : code === 137 ? 'SIGKILL' : code === 139 ? 'SIGSEGV' : undefined);
  switch (name) {
    case 'SIGKILL':
      return {
        type: 'failure',
        code: 'trainer-killed',
        message: 'The system ended the training process, most likely because memory ran out.',
        advice: `Train again with a smaller batch, or close other programs. ${unharmed}`,
      };
    case 'SIGABRT':
      return {
        type: 'failure',
        code: 'out-of-memory',
        message: 'The training process ran out of memory.',
        advice: `Train again with a smaller batch or smaller pictures. ${unharmed}`,
      };
    case 'SIGTERM':
    case 'SIGHUP':
    case 'SIGINT':
      return {
        type: 'failure',
        code: 'trainer-killed',
        message: `The training process was ended from outside (${name}).`,
        advice: `Train again when you are ready. ${unharmed}`,
      };
    default:
      return {
        type: 'failure',
        code: 'trainer-crashed',
        message: `The training process crashed (${name ?? `exit code ${code ?? 'unknown'}`}).`,
        advice: `The log of Face Trainer may say more; please report it. ${unharmed}`,
      };
  }
}
