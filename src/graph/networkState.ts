import type { AdamMoments } from '../core/adam.js';
import { Random } from '../core/random.js';
import { sizeOf, type Graph, type ParameterSpec } from './graph.js';

/** The values of a graph's parameters, by name; each row-major with the shape of its spec. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

/** Everything that a later step depends on. */
export interface SessionState {
  /** Optimizer updates so far. */
  readonly step: number;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** Of each trainable parameter. With momentum the velocity stands in `first`. */
  readonly moments: ReadonlyMap<string, AdamMoments>;
}

/** A random start: Glorot-uniform kernels (Glorot and Bengio 2010), gamma and variance one, slopes that say so 0.25, the rest zero. */
export function initialValues(graph: Graph, seed: number): Map<string, Float32Array> {
  const random = Random.forPurpose(seed, 'weights');
  return new Map(graph.parameters.map((spec) => [spec.name, initialValue(spec, random)]));
}

function initialValue(spec: ParameterSpec, random: Random): Float32Array {
  const values = new Float32Array(sizeOf(spec.shape));
  if (spec.initializer === 'ones') values.fill(1);
  if (spec.initializer === 'quarter') values.fill(0.25);
  if (spec.initializer === 'glorotUniform') {
    const [fanIn, fanOut] = fans(spec.shape);
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    for (let i = 0; i < values.length; i++) values[i] = random.between(-limit, limit);
  }
  return values;
}

/** As Keras counts them: the last two dimensions times the receptive field. */
function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  const field = sizeOf(shape.slice(0, -2));
  return [field * shape.at(-2)!, field * shape.at(-1)!];
}
