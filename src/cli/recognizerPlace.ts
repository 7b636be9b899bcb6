import path from 'node:path';
import { isRecognizer } from '../recognizers/recognizerFolder.js';
import { recognizersFolder, recognizersIn } from '../recognizers/recognizersFolder.js';
import { UsageError, type Flag } from './flag.js';
import type { Given } from './given.js';

/** The folder of a recognizer that is named by its path, or by its name where it lies among those of the working folder. */
export function recognizerPlace(word: string, cwd: string): string {
  const named = path.join(recognizersFolder(cwd), word);
  const isName = path.basename(word) === word && !word.startsWith('.');
  const place = path.resolve(cwd, word);
  return isName && !isRecognizer(place) && isRecognizer(named) ? named : place;
}

/** For a command that is about something else than a recognizer, and asks one. */
export const RECOGNIZER: Flag = {
  name: 'recognizer',
  value: 'NAME',
  help: 'the recognizer that answers, by its name or folder, or a checkpoint (the only one of this folder)',
};

/** The recognizer that a command line names, or the only one there is. @throws UsageError */
export function recognizerOf(given: Given): string {
  const word = given.value('recognizer');
  if (typeof word === 'string') return recognizerPlace(word, given.cwd);
  const all = recognizersIn(given.cwd);
  if (all.length === 1) return all[0]!;
  throw new UsageError(
    all.length === 0
      ? 'There is no recognizer in this folder: make one with “face-trainer enroll”, or name one with --recognizer.'
      : `Name one of these with --recognizer: ${all.map((folder) => path.basename(folder)).join(', ')}.`,
  );
}
