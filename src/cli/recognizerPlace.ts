import path from 'node:path';
import { isRecognizer } from '../recognizers/recognizerFolder.js';
import { recognizersFolder } from '../recognizers/recognizersFolder.js';

/** The folder of a recognizer that is named by its path, or by its name where it lies among those of the working folder. */
export function recognizerPlace(word: string, cwd: string): string {
  const named = path.join(recognizersFolder(cwd), word);
  const isName = path.basename(word) === word && !word.startsWith('.');
  const place = path.resolve(cwd, word);
  return isName && !isRecognizer(place) && isRecognizer(named) ? named : place;
}
