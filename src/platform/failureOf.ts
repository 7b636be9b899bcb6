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
