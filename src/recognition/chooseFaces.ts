import { likestFaces } from '../faces/likestFaces.js';
import type { LookedAt, SeenFace } from './lookAt.js';

/** The face of a picture that is enrolled. */
export interface ChosenFace {
  readonly picture: LookedAt;
  readonly face: SeenFace;
}

/**
 * Of each picture of one person's folder the face that is theirs.
 *
 * @param pictures with a face at least
 */
export function chooseFaces(pictures: readonly LookedAt[]): ChosenFace[] {
  return likestFaces(pictures).map((face, i) => ({ picture: pictures[i]!, face: pictures[i]!.faces[face]! }));
}
