import type { Columns } from '../../engine/engine.js';
import { transpose } from '../../core/transpose.js';
import type { AdamMoments } from '../../core/adam.js';
import { COSINE_HEAD } from '../../graph/cosineHead.js';
import { sizeOf, type Graph } from '../../graph/graph.js';
import type { ParameterValues, SessionState } from '../../graph/networkState.js';
import { AT_ONCE, type ClassStore } from './classStore.js';

const { kernel, bias } = COSINE_HEAD;

/** Numbers of a column of a network's cosine head. */
export function columnLength({ parameters }: Graph): number {
  return parameters.find(({ name }) => name === kernel)!.shape[0]!;
}

/** Values of a network whose head has another number of columns: its own are zeros, which a store fills before each step. */
export function withEmptyHead({ parameters }: Graph, values: ParameterValues): ParameterValues {
  const head = parameters.filter(({ name }) => name === kernel || name === bias);
  return new Map([...values, ...head.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))] as const)]);
}

/** The same of moments. */
export function momentsWithEmptyHead(
  { parameters }: Graph,
  moments: ReadonlyMap<string, AdamMoments>,
): Map<string, AdamMoments> {
  const head = parameters.filter(({ name }) => name === kernel || name === bias);
  const zeros = ({ shape }: (typeof head)[number]) => new Float32Array(sizeOf(shape));
  return new Map([
    ...moments,
    ...head.map((spec) => [spec.name, { first: zeros(spec), second: zeros(spec) }] as const),
  ]);
}

/** Fills a store with the head of a network that has a column for everybody. */
export function fillFromHead(
  store: ClassStore,
  { step, parameters, moments }: Pick<SessionState, 'parameters' | 'moments' | 'step'>,
): void {
  const { classes, length } = store;
  const rowsOf = (matrix: Float32Array | undefined) =>
    matrix ? transpose(matrix, length) : new Float32Array(classes * length);
  const { first, second } = moments.get(kernel) ?? {};
  const rows: Columns = { values: rowsOf(parameters.get(kernel)), first: rowsOf(first), second: rowsOf(second) };
  for (let from = 0; from < classes; from += AT_ONCE) {
    const to = Math.min(classes, from + AT_ONCE);
    const part = (values: Float32Array) => values.subarray(from * length, to * length);
    const some = { values: part(rows.values), first: part(rows.first), second: part(rows.second) };
    store.write(
      Int32Array.from({ length: to - from }, (_, i) => from + i),
      some,
      step,
    );
  }
}
