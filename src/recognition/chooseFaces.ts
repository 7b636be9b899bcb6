import { dot, meanDirection } from '../core/cosine.js';
import type { LookedAt, SeenFace } from './lookAt.js';

/** The face of a picture that is enrolled. */
export interface ChosenFace {
  readonly picture: LookedAt;
  readonly face: SeenFace;
}

/**
 * Of each picture of one person's folder the face that is theirs. Of several faces it is the one that is most like the others of
 * the folder: first those that are alone in their picture say what the person looks like; where there are none, the largest do.
 *
 * @param pictures with a face at least
 */
export function chooseFaces(pictures: readonly LookedAt[]): ChosenFace[] {
  const alone = pictures.filter(({ faces }) => faces.length === 1);
  const models = (alone.length > 0 ? alone : pictures).map(({ faces }) => faces[0]!.embedding);
  return pictures.map((picture) => {
    if (picture.faces.length === 1) return { picture, face: picture.faces[0]! };
    // A face must not stand as its own model.
    const others = alone.length > 0 ? models : models.filter((model) => model !== picture.faces[0]!.embedding);
    if (others.length === 0) return { picture, face: picture.faces[0]! };
    const person = meanDirection(others);
    const likeness = ({ embedding }: SeenFace) => dot(embedding, person);
    const face = picture.faces.reduce((best, other) => (likeness(other) > likeness(best) ? other : best));
    return { picture, face };
  });
}
