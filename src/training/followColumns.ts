/** Share of a column that each picture renews: an old one counts for 0.35 of what it did after ten of its person. */
const SHARE = 0.1;

/**
 * The columns of a cosine head whose loss trains the embedding alone: each goes towards the embeddings of its person's pictures, in the
 * order of the batch.
 *
 * @param columns [people, E]
 * @param length E
 * @param embeddings [rows, E], unit rows
 * @param labels [rows]
 * @returns a copy, its columns as long as the scale
 */
export function followColumns(
  columns: Float32Array,
  length: number,
  embeddings: Float32Array,
  labels: Int32Array,
  scale: number,
): Float32Array {
  const followed = columns.slice();
  labels.forEach((person, row) => {
    const own = followed.subarray(person * length, (person + 1) * length);
    let squares = 0;
    const column = Float64Array.from(own, (old, i) => {
      const value = ((1 - SHARE) * old) / scale + SHARE * embeddings[row * length + i]!;
      squares += value * value;
      return value;
    });
    const by = scale / (Math.sqrt(squares) || 1);
    column.forEach((value, i) => (own[i] = value * by));
  });
  return followed;
}
