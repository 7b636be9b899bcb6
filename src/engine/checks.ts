import { checkRamp, type LossSum } from '../core/losses/lossSum.js';
import { inputOf, sizeOf, widthOf, type Graph } from '../graph/graph.js';
import type { Batch, Columns, StepSettings } from './engine.js';

/** @throws RangeError when there are not `size` values */
export function checkedValues(name: string, values: Float32Array | undefined, size: number): Float32Array {
  if (values?.length !== size) throw new RangeError(`${name}: ${values?.length ?? 'no'} values, expected ${size}`);
  return values;
}

/**
 * Which parameter a matrix [rows, columns] is whose columns are read or written.
 *
 * @throws RangeError for what is no matrix that trains, and for arrays of another length
 */
export function checkColumns(graph: Graph, parameter: string, columns: Columns): { index: number; rows: number } {
  const index = graph.parameters.findIndex(({ name }) => name === parameter);
  const { shape = [], trainable = false } = graph.parameters[index] ?? {};
  if (shape.length !== 2 || !trainable) throw new RangeError(`${graph.name} trains no matrix ${parameter}`);
  for (const [name, values] of Object.entries(columns) as [string, Float32Array][])
    checkedValues(`${name} of the columns of ${parameter}`, values, sizeOf(shape));
  return { index, rows: shape[0]! };
}

/**
 * The labels of a network without scores are numbers of any people.
 *
 * @throws RangeError when pictures, labels or targets do not fit the graph
 */
export function checkBatch(graph: Graph, { images, labels, targets }: Batch): void {
  const input = inputOf(graph);
  const [height, width, channels] = input.shape;
  if (images instanceof Float32Array !== (input.values === 'floats'))
    throw new RangeError(`${graph.name} reads ${input.values}, not what this batch holds`);
  if (labels.length === 0 || images.length !== labels.length * height * width * channels)
    throw new RangeError(
      `${images.length} pixel values, expected ${labels.length} x ${height} x ${width} x ${channels}`,
    );
  const people = widthOf(graph, 'scores') || Infinity;
  const outside = labels.find((label) => label < 0 || label >= people);
  if (outside !== undefined) throw new RangeError(`label ${outside} is outside 0..${people - 1}`);
  if (targets) checkedValues('targets', targets, labels.length * widthOf(graph, 'embedding'));
}

/** @throws RangeError for what is no length */
export function checkClipNorm(clipNorm: number): void {
  if (!(clipNorm >= 0 && clipNorm < 1e30)) throw new RangeError(`clipNorm is ${clipNorm}: a length, or 0 for none`);
}

/** @throws RangeError when a step lacks what the loss reads, or its ramp is none */
export function checkStep(
  graph: Graph,
  { reads, needsTargets }: LossSum,
  { targets }: Batch,
  { ramp }: Pick<StepSettings, 'ramp'>,
): void {
  if (ramp) checkRamp(ramp);
  const missing = reads.filter((name) => graph.outputs[name] === undefined);
  if (missing.length > 0) throw new RangeError(`${graph.name} has no ${missing.join(' or ')}`);
  if (needsTargets && !targets) throw new RangeError('the batch has no targets, which the loss needs');
}
