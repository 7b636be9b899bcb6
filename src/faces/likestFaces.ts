import { dot, meanDirection } from '../core/cosine.js';

/** Faces of a picture as unit vectors, the one that the picture is most likely of first; one at least. */
export interface EmbeddedFaces {
  readonly faces: readonly { readonly embedding: Float32Array }[];
}

/**
 * Of each picture of one person's folder which of its faces is theirs. Of several faces it is the one that is most like the others
 * of the folder: first those that are alone in their picture say what the person looks like; where there are none, the largest do.
 *
 * @returns of each picture the number of the face
 */
export function likestFaces(pictures: readonly EmbeddedFaces[]): number[] {
  const alone = pictures.filter(({ faces }) => faces.length === 1);
  const models = (alone.length > 0 ? alone : pictures).map(({ faces }) => faces[0]!.embedding);
  return pictures.map(({ faces }) => {
    if (faces.length === 1) return 0;
    // A face must not stand as its own model.
    const others = alone.length > 0 ? models : models.filter((model) => model !== faces[0]!.embedding);
    if (others.length === 0) return 0;
    const person = meanDirection(others);
    const likeness = faces.map(({ embedding }) => dot(embedding, person));
    return likeness.reduce((best, value, face) => (value > likeness[best]! ? face : best), 0);
  });
}
