import { libraryAdvice, missingLibrary } from '../core/missingLibrary.js';
import { UserError } from '../core/userError.js';

/**
 * What is told of an error: the sentences of a `UserError`, else one that says what broke off. An unforeseen error keeps its
 * message, without its stack; the stack goes to the log of the process.
 *
 * @param broken what broke off ("export"), and what that leaves as it is
 */
export function failureOf(
  error: unknown,
  broken: { readonly noun: string; readonly kept?: string },
): { code: string; message: string; advice: string } {
  if (error instanceof UserError) return { code: error.code, message: error.message, advice: error.advice };
  console.error(error);
  const library = libraryOf(error);
  if (library)
    return {
      code: 'library-missing',
      message: `The ${broken.noun} could not load a library (${library.name ?? 'its log says which'}).`,
      advice: [libraryAdvice(library.name), broken.kept].filter(Boolean).join(' '),
    };
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  return {
    code: 'internal',
    message: `The ${broken.noun} ran into an unexpected error: ${message}`,
    advice: [
      'The log of Face Trainer has the details; please report it (Copy Diagnostics leaves out names and paths).',
      broken.kept,
    ]
      .filter(Boolean)
      .join(' '),
  };
}

/** What a loader misses: Node's errors of it have a code. */
function libraryOf(error: unknown): ReturnType<typeof missingLibrary> {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code !== 'ERR_DLOPEN_FAILED' && error.code !== 'MODULE_NOT_FOUND') return undefined;
  return missingLibrary(`${error.message} ${error.code}`);
}
