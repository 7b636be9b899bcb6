/** [rows, columns] → [columns, rows]. @param into where they go; a new array when absent */
export function transpose(
  matrix: Float32Array,
  rows: number,
  into: Float32Array = new Float32Array(matrix.length),
): Float32Array {
  const columns = matrix.length / rows;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) into[column * rows + row] = matrix[row * columns + column]!;
  return into;
}
