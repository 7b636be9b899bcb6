import { UserError } from '../core/userError.js';
import { takeFolder } from '../platform/folderLock.js';

/** A change takes some 10 ms. */
const PATIENCE_MS = 15_000;

/**
 * Does something that no other process, and nothing else in this one, may do to a recognizer at the same time.
 *
 * @throws UserError `recognizer-busy` where others do not come to an end
 */
export async function withRecognizerLock<T>(folder: string, work: () => T): Promise<T> {
  const giveBack = await takeFolder(folder, PATIENCE_MS);
  if (!giveBack)
    throw new UserError(
      'recognizer-busy',
      `Another window or program is changing the recognizer “${folder}”.`,
      'Try again when it is done.',
    );
  try {
    return work();
  } finally {
    giveBack();
  }
}
