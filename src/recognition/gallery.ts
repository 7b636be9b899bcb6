import { meanDirection } from '../core/cosine.js';
import { embeddingAt, type Recognizer } from '../recognizers/recognizer.js';

/** A person as faces are compared with: vectors of length one. */
export interface GalleryPerson {
  readonly name: string;
  /** The direction of the mean of the pictures, or a trained vector. */
  readonly prototype: Float32Array;
  readonly pictures: readonly { readonly file: string; readonly embedding: Float32Array }[];
  /** Of faces that are not this person. */
  readonly negatives: readonly Float32Array[];
}

/** The people of a recognizer who have a picture. */
export function galleryOf(recognizer: Recognizer): GalleryPerson[] {
  const at = (row: number) => embeddingAt(recognizer, row);
  return recognizer.record.people.flatMap(({ name, pictures, negatives, prototype }) => {
    if (pictures.length === 0 && prototype === undefined) return [];
    const seen = pictures.map(({ file, row }) => ({ file, embedding: at(row) }));
    return {
      name,
      prototype: prototype === undefined ? meanDirection(seen.map(({ embedding }) => embedding)) : at(prototype),
      pictures: seen,
      negatives: negatives.map(({ row }) => at(row)),
    };
  });
}
