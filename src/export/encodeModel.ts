import type { Graph } from '../graph/graph.js';
import { subgraph } from '../graph/subgraph.js';
import { UserError } from '../core/userError.js';
import type { ParameterValues } from '../graph/networkState.js';
import { INTEGER_FORMATS, type ExportOptions } from '../protocol/exportOptions.js';
import { integerNetwork, type IntegerNetwork } from '../quantization/interpreter/integerNetwork.js';
import { quantizeGraph, type QuantizeOptions } from '../quantization/quantizeGraph.js';
import { floatNetwork, type FloatNetwork } from './floatNetwork.js';
import { partOf } from './partOf.js';
import { arenaBytes } from './microcontroller/arena.js';
import { cHeader } from './microcontroller/header.js';
import { FACTS_KEY, type ModelFacts } from './modelFacts.js';
import { onnxFile } from './onnx/onnxFile.js';
import { floatOnnx, integerOnnx } from './onnx/onnxModels.js';
import { layersModel } from './tfjs/layersModel.js';
import { METADATA_KEY, tfliteMetadata, withLabels } from './tflite/metadata.js';
import { tfliteFile, type TfliteModel } from './tflite/tfliteFile.js';
import { floatTflite, integerTflite } from './tflite/tfliteModels.js';

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

/** A file that belongs to an export. */
export interface EncodedFile {
  /** Beside the main file; undefined: the main file itself. */
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
}

/** The network as a float runtime computes it. */
export function floatOf({ float, parameters }: ExportSource, part: ExportOptions['part']): FloatNetwork {
  return partOf(floatNetwork(float, parameters), part);
}

/**
 * The network as an int8 runtime computes it.
 *
 * @throws UserError `not-quantized` for a network in float, `not-integer`
 */
export function integersOf(source: ExportSource, part: ExportOptions['part']): IntegerNetwork {
  const { float, parameters, quantization } = source;
  if (!quantization)
    throw new UserError(
      'not-quantized',
      'This checkpoint contains a float network.',
      'Enable Quantization-Aware Fine-Tuning on it first, and export a checkpoint of that run.',
    );
  return partOf(integerNetwork(quantizeGraph(float, quantization), parameters), part);
}

/**
 * A network as the files of a format, the main one last; the same network gives the same bytes. Keras' weights are not made
 * here: their library writes to a disk.
 *
 * @throws UserError `not-quantized`, `not-integer`, or `not-this-precision` for int8 in a format that has none
 */
export function encodeModel(
  source: ExportSource,
  options: ExportOptions & { format: Exclude<ExportOptions['format'], 'keras'> },
): EncodedFile[] {
  requirePrecision(options);
  switch (options.format) {
    case 'tflite':
      return [main(tfliteBytes(source, options).bytes)];
    case 'onnx':
      return [main(onnxBytes(source, options))];
    case 'c':
      return [main(new TextEncoder().encode(header(source, options)))];
    case 'tfjs': {
      const graph = graphOf(source, options.part);
      const facts = factsOf(source, options.part === 'embedding' ? 'embedding' : 'probabilities', 'NHWC');
      const { topology, weights } = layersModel(graph, source.parameters, source.batchNormMomentum, {
        [FACTS_KEY]: facts,
      });
      return [weights, main(new TextEncoder().encode(topology))];
    }
  }
}

/**
 * Before anything is measured or written.
 *
 * @throws UserError `not-this-precision`, `not-quantized`, `not-integer`
 */
export function requireExportable(source: ExportSource, options: ExportOptions): void {
  requirePrecision(options);
  if (options.precision === 'int8') integersOf(source, options.part);
}

function requirePrecision({ format, precision }: ExportOptions): void {
  if (precision === 'int8' && !INTEGER_FORMATS.includes(format))
    throw new UserError(
      'not-this-precision',
      `${format === 'keras' ? 'Keras weights' : 'TensorFlow.js models'} are float32 only.`,
      'Choose TensorFlow Lite, ONNX or the C header for int8.',
    );
}

export function onnxBytes(source: ExportSource, { precision, border = 'float32', part }: ExportOptions): Uint8Array {
  const output = outputOf(part);
  const metadata = new Map([[FACTS_KEY, JSON.stringify(factsOf(source, output, 'NCHW'))]]);
  return onnxFile(
    precision === 'float32'
      ? floatOnnx(floatOf(source, part), output, metadata)
      : integerOnnx(integersOf(source, part), output, metadata, border === 'int8' ? 'uint8' : 'float32'),
  );
}

function tfliteBytes(
  source: ExportSource,
  { precision, border = 'int8', part }: ExportOptions,
): { bytes: Uint8Array; model: TfliteModel } {
  const facts = factsOf(source, outputOf(part), 'NHWC');
  const name = source.facts.network.name;
  const metadata = new Map([
    [FACTS_KEY, new TextEncoder().encode(JSON.stringify(facts))],
    [METADATA_KEY, tfliteMetadata(name, facts)],
  ]);
  const model =
    precision === 'float32'
      ? floatTflite(floatOf(source, part), metadata)
      : integerTflite(integersOf(source, part), metadata, border);
  const bytes = tfliteFile(model);
  return { bytes: part === 'embedding' ? bytes : withLabels(bytes, facts.labels), model };
}

/** Methods of a resolver, by operator. */
const RESOLVERS = {
  add: 'Add',
  averagePool2d: 'AveragePool2D',
  conv2d: 'Conv2D',
  depthwiseConv2d: 'DepthwiseConv2D',
  dequantize: 'Dequantize',
  fullyConnected: 'FullyConnected',
  maxPool2d: 'MaxPool2D',
  quantize: 'Quantize',
  reshape: 'Reshape',
} as const;

function header(source: ExportSource, options: ExportOptions): string {
  const { bytes, model } = tfliteBytes(source, options);
  const { type, quantization } = model.tensors[model.input]!;
  const input =
    type === 'int8' ? { scale: quantization!.scales[0]!, zeroPoint: quantization!.zeroPoints[0]! } : undefined;
  const operators = [...new Set(model.operators.map(({ op }) => RESOLVERS[op]))];
  return cHeader(bytes, {
    name: model.description,
    facts: factsOf(source, outputOf(options.part), 'NHWC'),
    input,
    operators,
    arena: arenaBytes(model),
  });
}

function outputOf(part: ExportOptions['part']): 'logits' | 'embedding' {
  return part === 'embedding' ? 'embedding' : 'logits';
}

export function factsOf(
  { facts }: ExportSource,
  output: ModelFacts['output'],
  layout: ModelFacts['input']['layout'],
): ModelFacts {
  return { ...facts, labels: output === 'embedding' ? [] : facts.labels, output, input: { ...facts.input, layout } };
}

/** The network layer by layer, as it was trained. */
export function graphOf({ float }: ExportSource, part: ExportOptions['part']): Graph {
  return part === 'embedding' ? subgraph(float, float.outputs.embedding) : float;
}

function main(bytes: Uint8Array): EncodedFile {
  return { name: undefined, bytes };
}
