import { classesOf, inputOf, type Graph } from '../graph/graph.js';
import type { Batch } from './engine.js';

/** @throws RangeError when there are not `size` values */
export function checkedValues(name: string, values: Float32Array | undefined, size: number): Float32Array {
  if (values?.length !== size) throw new RangeError(`${name}: ${values?.length ?? 'no'} values, expected ${size}`);
  return values;
}

/** @throws RangeError when pictures or labels do not fit the graph */
export function checkBatch(graph: Graph, { images, labels }: Batch): void {
  const input = inputOf(graph);
  const [height, width, channels] = input.shape;
  if (images instanceof Float32Array !== (input.values === 'floats'))
    throw new RangeError(`${graph.name} reads ${input.values}, not what this batch holds`);
  if (labels.length === 0 || images.length !== labels.length * height * width * channels)
    throw new RangeError(
      `${images.length} pixel values, expected ${labels.length} x ${height} x ${width} x ${channels}`,
    );
  const classes = classesOf(graph);
  const outside = labels.find((label) => label < 0 || label >= classes);
  if (outside !== undefined) throw new RangeError(`label ${outside} is outside 0..${classes - 1}`);
}
