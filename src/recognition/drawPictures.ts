import { Random } from '../core/random.js';
import { NO_ANSWER, type LeftOut } from '../protocol/recognition.js';
import { chooseFaces, type ChosenFace } from './chooseFaces.js';
import type { LookedAt } from './lookAt.js';

/** What became of the pictures of one person. */
export interface DrawnPictures {
  readonly chosen: readonly ChosenFace[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * The order in which the pictures of a person are taken: as they are, or drawn. Each person has chances of their own, so that a
 * new person changes nobody else's.
 */
export function drawOrder(
  person: string,
  files: readonly string[],
  pictures: number | undefined,
  seed: number,
): string[] {
  return pictures === undefined ? [...files] : Random.forPurpose(seed, `enrol ${person}`).shuffle([...files]);
}

/**
 * Which of the pictures that were looked at are enrolled: those that show a face well. One that is too small, blurred or turned
 * away serves only somebody who has no other.
 *
 * @param looked in the order in which they are taken
 * @param pictures so many at most
 */
export function drawPictures(person: string, looked: readonly LookedAt[], pictures: number | undefined): DrawnPictures {
  const leftOut: LeftOut[] = [];
  const found: LookedAt[] = [];
  for (const picture of looked)
    if (picture.fault !== undefined) leftOut.push({ file: picture.file, person, reason: picture.fault });
    else if (picture.faces.length === 0) leftOut.push({ file: picture.file, person, reason: NO_ANSWER['no-face'] });
    else found.push(picture);
  const faces = chooseFaces(found);
  const clear = faces.filter(({ face }) => face.doubt === undefined);
  const usable = clear.length > 0 ? clear : faces;
  const chosen = usable.slice(0, pictures);
  for (const { picture, face } of faces)
    if (face.doubt !== undefined && clear.length > 0)
      leftOut.push({ file: picture.file, person, reason: NO_ANSWER[face.doubt] });
  return { chosen, leftOut };
}
