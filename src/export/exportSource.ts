import { UserError } from '../core/userError.js';
import type { Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';
import { subgraph } from '../graph/subgraph.js';
import { formatOf } from '../protocol/exportFormats.js';
import type { ExportOptions } from '../protocol/exportOptions.js';
import { integerNetwork, type IntegerNetwork } from '../quantization/interpreter/integerNetwork.js';
import { quantizeGraph, requireQuantizable, type QuantizeOptions } from '../quantization/quantizeGraph.js';
import { floatNetwork, type FloatNetwork } from './floatNetwork.js';
import type { ModelFacts } from './modelFacts.js';
import { partOf } from './partOf.js';

/** A trained network and what is known of it. */
export interface ExportSource {
  readonly float: Graph;
  /** How it was fine-tuned for int8; undefined for a network in float. */
  readonly quantization: QuantizeOptions | undefined;
  readonly parameters: ParameterValues;
  /** Of the batch norms, for a network that is trained on. */
  readonly batchNormMomentum: number;
  readonly facts: Omit<ModelFacts, 'output'>;
}

/** The network as a float runtime computes it. */
export function floatOf({ float, parameters }: ExportSource, part: ExportOptions['part']): FloatNetwork {
  return partOf(floatNetwork(float, parameters), part);
}

/** An export checks, measures and writes the same integers: they are made once. */
const CONVERTED = new WeakMap<ExportSource, IntegerNetwork>();

/**
 * The network as an int8 runtime computes it.
 *
 * @throws UserError `not-quantizable`, `not-quantized` for a network in float, `not-integer`
 */
export function integersOf(source: ExportSource, part: ExportOptions['part']): IntegerNetwork {
  const whole = CONVERTED.get(source) ?? converted(source);
  CONVERTED.set(source, whole);
  return partOf(whole, part);
}

function converted({ float, parameters, quantization }: ExportSource): IntegerNetwork {
  requireQuantizable(float);
  if (!quantization)
    throw new UserError(
      'not-quantized',
      'This checkpoint contains a float network.',
      'Enable Quantization-Aware Fine-Tuning on it first, and export a checkpoint of that run.',
    );
  return integerNetwork(quantizeGraph(float, quantization), parameters);
}

/** The network layer by layer, as it was trained. */
export function graphOf({ float }: ExportSource, part: ExportOptions['part']): Graph {
  return part === 'embedding' ? subgraph(float, float.outputs.embedding) : float;
}

/** What a file of a format tells of itself: an embedding names nobody. */
export function factsOf(source: ExportSource, { format, part }: Pick<ExportOptions, 'format' | 'part'>): ModelFacts {
  const { output, layout } = formatOf(format);
  const { facts } = source;
  const input = { ...facts.input, layout };
  return part === 'embedding' ? { ...facts, labels: [], output: 'embedding', input } : { ...facts, output, input };
}
