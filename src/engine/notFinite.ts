import { UserError } from '../core/userError.js';

/** @param what was not finite, as the middle of a sentence */
export function notFinite(what: string, step: number): UserError {
  return new UserError(
    'not-finite',
    `Training diverged: ${what} is not a finite number at step ${step}.`,
    'Start again with a lower learning rate; the last checkpoint is unharmed.',
  );
}
