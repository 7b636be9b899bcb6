import { UserError } from '../core/userError.js';
import { jpegDataUri } from '../dataset/thumbnail.js';
import { NO_ANSWER, type Answer } from '../protocol/recognition.js';
import type { Recognizer } from '../recognizers/recognizer.js';
import { thresholdInUse } from '../recognizers/thresholdInUse.js';
import { answerFor } from './answer.js';
import { galleryOf, type GalleryPerson } from './gallery.js';
import type { LookedAt, SeenFace } from './lookAt.js';

/** What faces are compared with. */
export interface Judge {
  readonly gallery: readonly GalleryPerson[];
  readonly threshold: number;
}

/** @throws UserError `recognizer-empty` for a recognizer that knows nobody */
export function judgeOf(recognizer: Recognizer): Judge {
  const gallery = galleryOf(recognizer);
  if (gallery.length === 0)
    throw new UserError(
      'recognizer-empty',
      `The recognizer “${recognizer.record.name}” knows nobody.`,
      'Add a person, or take the last removal back.',
    );
  return { gallery, threshold: thresholdInUse(recognizer.record).value };
}

/**
 * The answer for a picture. Of several faces it is the one that counts for most; the others are told of.
 *
 * @param size side of what the network saw
 */
export async function answerPicture(picture: LookedAt, { gallery, threshold }: Judge, size: number): Promise<Answer> {
  const { file, faces, fault } = picture;
  if (fault !== undefined) return { file, reason: 'unreadable', error: fault, faces: 0 };
  const face = faceOf(faces);
  if (!face) return { file, reason: 'no-face', error: NO_ANSWER['no-face'], faces: 0 };
  const facts = {
    ...(face.quality ? { quality: face.quality } : {}),
    ...(face.crop ? { seen: await jpegDataUri(face.crop, size) } : {}),
  };
  if (face.doubt !== undefined)
    return { file, reason: face.doubt, error: NO_ANSWER[face.doubt], faces: faces.length, ...facts };
  const found = answerFor(face.embedding, gallery, threshold);
  const notes =
    faces.length > 1
      ? [`The picture shows ${faces.length} faces: the answer is about the largest that can be seen well.`]
      : [];
  if (found.ruledOut)
    notes.push(
      `It is like ${found.ruledOut.person}, but more like a face that you said is not ${found.ruledOut.person}.`,
    );
  return { file, ...found, faces: faces.length, notes, ...facts };
}

/** The first that can be seen well; where none can, the first. */
export function faceOf(faces: readonly SeenFace[]): SeenFace | undefined {
  return faces.find(({ doubt }) => doubt === undefined) ?? faces[0];
}
