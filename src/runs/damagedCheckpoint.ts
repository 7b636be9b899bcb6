import { UserError } from '../core/userError.js';

/** @param what ails it, behind a colon */
export function damagedCheckpoint(checkpoint: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'checkpoint-damaged',
    `The checkpoint “${checkpoint}” is damaged: ${what}.`,
    'Use another checkpoint of the run.',
    { cause },
  );
}
