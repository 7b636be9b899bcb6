import { formatBytes, formatCount } from './format.js';
import { howFar, type Reached } from './howFar.js';
import { libraryAdvice } from './missingLibrary.js';
import type { Words } from './silence.js';
import type { UserErrorCode } from './userError.js';

/** How a process ended that could not say its last word. */
export type Death =
  /** It could not be started. */
  | { readonly by: 'start'; readonly why: string }
  /** Whoever started it ended it: "did not answer the stop". */
  | { readonly by: 'us'; readonly why: string }
  | { readonly by: 'exit'; readonly code: number | undefined }
  | { readonly by: 'signal'; readonly signal: string }
  /** The kernel ended it for want of memory, in its control group or on the whole machine, or refused it more. */
  | { readonly by: 'memory'; readonly of: 'group' | 'machine' | 'refused' }
  /** It ended by itself while there was some left. */
  | { readonly by: 'shortage'; readonly availableBytes: number; readonly totalBytes: number }
  /** JavaScript's own limit. */
  | { readonly by: 'heap' }
  /** SIGKILL, and nothing says whose. */
  | { readonly by: 'kill' }
  | { readonly by: 'library'; readonly name: string | undefined }
  | { readonly by: 'restart' }
  | { readonly by: 'nothing' };

export interface Failure extends Words {
  readonly code: UserErrorCode;
}

/** What a death is called, what a process did, and what may help beside going on or beginning anew. */
interface Told {
  readonly code: UserErrorCode;
  readonly did: string;
  readonly advice?: string;
  /** A run has options that need less; whatever else there is takes what it takes. */
  readonly lessHelps?: true;
}

const REPORT =
  'If it happens again, the log of Face Trainer may say more; please report it (Copy Diagnostics leaves out names and paths).';
const OF_MEMORY = {
  group: 'was ended by the system, since the memory ran out that its container or group of processes may have',
  machine: 'was ended by the system, since memory ran out',
  refused: 'ran out of memory',
} as const;

function told(death: Death): Told {
  switch (death.by) {
    case 'start':
      return {
        code: 'trainer-not-started',
        did: `could not be started (${death.why})`,
        advice: 'Install Face Trainer again, or check whether security software blocks it.',
      };
    case 'us':
      return { code: 'trainer-silent', did: `${death.why} and was ended` };
    case 'exit':
      return { code: 'trainer-crashed', did: `crashed (exit code ${death.code ?? 'unknown'})`, advice: REPORT };
    case 'signal':
      return ASKED[death.signal] === undefined
        ? { code: 'trainer-crashed', did: `crashed (${death.signal})`, advice: REPORT }
        : { code: 'trainer-killed', did: `${ASKED[death.signal]!} from outside (${death.signal})` };
    case 'memory':
      return { code: 'out-of-memory', did: OF_MEMORY[death.of], lessHelps: true };
    case 'shortage': {
      const left = `${formatBytes(death.availableBytes)} of ${formatBytes(death.totalBytes)} were left`;
      return { code: 'memory-low', did: `ended by itself before memory ran out (${left})`, lessHelps: true };
    }
    case 'heap':
      return { code: 'out-of-memory', did: 'used up the memory that JavaScript may take (its heap)', lessHelps: true };
    case 'kill':
      return {
        code: 'trainer-killed',
        did: 'was ended at once by someone, or by the system for want of memory (SIGKILL)',
        lessHelps: true,
      };
    case 'library':
      return {
        code: 'library-missing',
        did: `could not load a library (${death.name ?? 'its log says which'})`,
        advice: libraryAdvice(death.name),
      };
    case 'restart':
      return { code: 'machine-restarted', did: 'ended when the machine was started anew' };
    case 'nothing':
      return { code: 'trainer-vanished', did: 'is gone, and nothing says why' };
  }
}

/** Signals by which others end a process: a shell, or a machine that shuts down. */
const ASKED: Readonly<Record<string, string>> = {
  ...{ SIGKILL: 'was ended at once', SIGTERM: 'was told to end', SIGHUP: 'was told to end', SIGINT: 'was told to end' },
};

/** What is said of a run that broke off, everywhere. */
export function brokeOff(death: Death, reached: Reached): Failure {
  const { code, did, advice, lessHelps } = told(death);
  const goesOn = reached.newest ? 'It can go on from there.' : 'Train again: nothing was kept.';
  const less = lessHelps && ['Close other programs first.', smallerWords(reached.smaller)].filter(Boolean).join(' ');
  return {
    code,
    message: `Training broke off ${howFar(reached)}: its process ${did}.`,
    advice: [goesOn, advice ?? less].filter(Boolean).join(' '),
  };
}

function smallerWords(smaller: number | undefined): string {
  if (smaller === undefined) return '';
  return `A batch of ${formatCount(smaller, 'picture')} (--batch ${smaller}) takes about half the memory, in another training.`;
}

/** What is said of another job that ended so, or of a run of which there is no folder yet. */
export function endedBadly(
  death: Death,
  { noun, again, kept }: { readonly noun: string; readonly again: string; readonly kept?: string },
): Failure {
  const { code, did, advice, lessHelps } = told(death);
  const then = advice ?? (lessHelps ? `${again} with fewer programs open.` : `${again} when you are ready.`);
  return { code, message: `The ${noun} process ${did}.`, advice: [then, kept].filter(Boolean).join(' ') };
}
