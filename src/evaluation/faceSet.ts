/** Embeddings with what is known of each; files and people as the caller names them. */
export interface FaceSet {
  /** [N, E], one behind the other, each of length 1. */
  readonly embeddings: Float32Array;
  /** Of each row: who is in the picture. */
  readonly people: readonly string[];
  /** Of each row: its file. */
  readonly pictures: readonly string[];
}

/** How long an embedding is: 0 in an empty set. @throws RangeError when the parts of the set do not fit together */
export function lengthOf({ embeddings, people, pictures }: FaceSet): number {
  const length = people.length === 0 ? 0 : embeddings.length / people.length;
  if (!Number.isInteger(length) || pictures.length !== people.length || (people.length === 0 && embeddings.length > 0))
    throw new RangeError(
      `${embeddings.length} numbers of embeddings for ${people.length} people and ${pictures.length} pictures`,
    );
  return length;
}
