import path from 'node:path';
import { namesIn } from '../platform/namesIn.js';
import { runFolderOf } from '../runs/runFolder.js';
import { isRecognizer } from './recognizerFolder.js';

/** Where the recognizers of a workspace or a working folder lie. */
export function recognizersFolder(base: string): string {
  return path.join(base, '.face-trainer', 'recognizers');
}

/** The folders of all recognizers below a base, in the order of their names. */
export function recognizersIn(base: string): string[] {
  const parent = recognizersFolder(base);
  return namesIn(parent)
    .filter((name) => !name.startsWith('.'))
    .map((name) => path.join(parent, name))
    .filter(isRecognizer);
}

/** Where the recognizer of a checkpoint lies: in the folder of its run, made when somebody first asks. */
export function recognizerOfCheckpoint(checkpoint: string): string {
  return path.join(runFolderOf(checkpoint), 'recognizers', path.basename(checkpoint));
}

/** Where the recognizer of an exported embedding lies, if its pictures were there when it was written. */
export function recognizerOfFile(file: string): string {
  return `${file}.recognizer`;
}

/** What a recognizer of a folder of pictures is called: the folder's name, without what a file system would stumble over. */
export function recognizerName(dataset: string): string {
  const name = path.basename(path.resolve(dataset)).replace(/[^\p{L}\p{N}._ -]+/gu, '-');
  const trimmed = name
    .replace(/^[. -]+|[. -]+$/g, '')
    .slice(0, 80)
    .trim();
  return trimmed === '' ? 'recognizer' : trimmed;
}
