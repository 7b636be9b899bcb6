import fs from 'node:fs';
import { UserError } from '../core/userError.js';
import { isRecognizer } from '../recognizers/recognizerFolder.js';

/**
 * Whether a recognizer may be written to a folder, asked before minutes go by: nothing else is ever written over.
 *
 * @throws UserError `output-unwritable`
 */
export function requireRoom(folder: string): void {
  if (!fs.existsSync(folder) || isRecognizer(folder)) return;
  throw new UserError(
    'output-unwritable',
    `“${folder}” is there already and is not a recognizer.`,
    'Choose another place: a recognizer is a folder of its own.',
  );
}
