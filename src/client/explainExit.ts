import { isRunOrder, JOBS, type Job, type JobWords } from '../protocol/jobs.js';
import type { EventOf } from '../protocol/runEvents.js';

/**
 * Signals as the exit codes of shells and of Windows give them. V8 ends with SIGABRT or, where it gets no memory at all,
 * SIGTRAP.
 */
const SIGNAL_OF: Readonly<Record<number, string>> = { 133: 'SIGTRAP', 134: 'SIGABRT', 137: 'SIGKILL', 139: 'SIGSEGV' };

/** A trainer that ended without a last word, in sentences about its job. */
export function explainExit(
  job: Job,
  code: number | undefined,
  signal: string | undefined,
  error?: Error,
): EventOf<'failure'> {
  const { noun, again, kept }: JobWords = JOBS[job];
  const failure = (code: string, message: string, advice: string): EventOf<'failure'> => ({
    type: 'failure',
    code,
    message: `The ${noun} process ${message}.`,
    advice: [advice, kept].filter(Boolean).join(' '),
  });
  // A run has options that need less memory; whatever else there is takes what it takes.
  const isRun = isRunOrder({ type: job });
  if (error)
    return {
      ...failure('trainer-not-started', `could not be started (${error.message})`, ''),
      advice: 'Install Face Trainer again, or check whether security software blocks it.',
    };
  const name = signal ?? SIGNAL_OF[code ?? 0];
  switch (name) {
    case 'SIGKILL':
      return failure(
        'trainer-killed',
        'was ended by the system or by someone, most likely because memory ran out',
        isRun ? `${again} with a smaller batch, or close other programs.` : `${again} with fewer programs open.`,
      );
    case 'SIGABRT':
    case 'SIGTRAP':
      return failure(
        'out-of-memory',
        'ran out of memory',
        isRun ? `${again} with a smaller batch or smaller pictures.` : `${again} with fewer programs open.`,
      );
    case 'SIGTERM':
    case 'SIGHUP':
    case 'SIGINT':
      return failure('trainer-killed', `was ended from outside (${name})`, `${again} when you are ready.`);
    default:
      return failure(
        'trainer-crashed',
        `crashed (${name ?? `exit code ${code ?? 'unknown'}`})`,
        'The log of Face Trainer may say more; please report it (Copy Diagnostics leaves out names and paths).',
      );
  }
}
