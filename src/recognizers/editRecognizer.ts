import type { Edit } from './edits.js';
import type { Recognizer } from './recognizer.js';
import { readRecognizer, writeRecognizer } from './recognizerFolder.js';
import { withRecognizerLock } from './recognizerLock.js';

/**
 * Changes a recognizer on the disk: reads it as it is now, also where another window has just changed it, and writes it whole.
 *
 * @param folder absolute
 * @throws UserError what the edit refuses, or the disk
 */
export async function editRecognizer(folder: string, edit: Edit): Promise<Recognizer> {
  // Asked first: a lock is a file, which what is no recognizer shall not get.
  readRecognizer(folder);
  return withRecognizerLock(folder, () => writeRecognizer(folder, edit(readRecognizer(folder))));
}
