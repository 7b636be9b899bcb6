/** Share of a column that each picture renews: an old one counts for 0.35 of what it did after ten of its person. */
const SHARE = 0.1;

/**
 * The columns of a cosine head whose loss trains the embedding alone: each goes towards the embeddings of its person's pictures, in the
 * order of the batch.
 *
 * @param kernel [E, people]
 * @param embeddings [rows, E], unit rows
 * @param labels [rows]
 * @returns a copy, its columns as long as the scale
 */
export function followColumns(
  kernel: Float32Array,
  people: number,
  embeddings: Float32Array,
  labels: Int32Array,
  scale: number,
): Float32Array {
  const followed = kernel.slice();
  const length = kernel.length / people;
  labels.forEach((person, row) => {
    let squares = 0;
    const column = Float64Array.from({ length }, (_, i) => {
      const value = ((1 - SHARE) * followed[i * people + person]!) / scale + SHARE * embeddings[row * length + i]!;
      squares += value * value;
      return value;
    });
    const by = scale / (Math.sqrt(squares) || 1);
    for (let i = 0; i < length; i++) followed[i * people + person] = column[i]! * by;
  });
  return followed;
}
