import path from 'node:path';
import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import { NO_ANSWER, type LeftOut } from '../protocol/recognition.js';
import type { Changed, RecognizerChange } from '../protocol/recognitionJobs.js';
import { addNegatives, addPictures, type SeenPicture } from '../recognizers/edits.js';
import { editRecognizer } from '../recognizers/editRecognizer.js';
import { summaryOf, type Recognizer } from '../recognizers/recognizer.js';
import { chooseFaces } from './chooseFaces.js';
import type { LookedAt } from './lookAt.js';

/**
 * Adds pictures to a person, or keeps them as "not this person". Nothing is added by itself: this is what the user said.
 *
 * @param folder of the recognizer; absolute
 * @param looked the pictures that the change is about
 * @throws UserError `no-pictures` where none shows a face that can be used
 */
export async function changeRecognizer(
  folder: string,
  { kind, person, files }: RecognizerChange,
  looked: readonly LookedAt[],
): Promise<{ readonly recognizer: Recognizer; readonly changed: Changed }> {
  const found = looked.filter(({ faces }) => faces.length > 0);
  const leftOut = looked
    .filter(({ faces }) => faces.length === 0)
    .map(({ file, fault }): LeftOut => ({ file, person, reason: fault ?? NO_ANSWER['no-face'] }));
  // The user has looked at the picture: a face that can hardly be seen is theirs to add.
  const seen = chooseFaces(found).map(({ picture: { file, bytes, modifiedMs }, face }): SeenPicture => ({
    picture: { file, bytes, modifiedMs, ...(face.quality ? { quality: face.quality } : {}) },
    embedding: face.embedding,
  }));
  if (seen.length === 0)
    throw new UserError(
      'no-pictures',
      files.length === 1
        ? `${path.basename(files[0]!)} ${leftOut[0]?.reason ?? NO_ANSWER['no-face']}.`
        : `None of the ${formatCount(files.length, 'picture')} shows a face that could be found.`,
      'Choose pictures in which the face is large, sharp and seen from the front.',
    );
  const edit = kind === 'add' ? addPictures(person, seen) : addNegatives(person, seen);
  const recognizer = await editRecognizer(folder, edit);
  const done = `${recognizer.record.history.at(-1)!.done}.`;
  return { recognizer, changed: { recognizer: summaryOf(recognizer, folder), done, leftOut } };
}
