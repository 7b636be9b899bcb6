import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../core/userError.js';
import { selectEngine } from '../engine/selectEngine.js';
import { factsOf } from '../export/encodeModel.js';
import { floatNetwork, type FloatNetwork } from '../export/floatNetwork.js';
import { FACTS_KEY, parseFacts, type ModelFacts } from '../export/modelFacts.js';
import { onnxFile } from '../export/onnx/onnxFile.js';
import { floatOnnx } from '../export/onnx/onnxModels.js';
import { readOnnxFacts } from '../export/onnx/readOnnx.js';
import { networkOfTflite } from '../export/tflite/fromTflite.js';
import { readTflite } from '../export/tflite/readTflite.js';
import { networkOf } from '../graph/network.js';
import type { ParameterValues } from '../graph/networkState.js';
import { quantizersOf } from '../quantization/quantizers.js';
import { answerOf, type IntegerNetwork } from '../quantization/interpreter/integerNetwork.js';
import { runPicture } from '../quantization/interpreter/interpreter.js';
import { quantizeGraph } from '../quantization/quantizeGraph.js';
import { openCheckpoint } from './openCheckpoint.js';
import { loadKerasFile } from '../weights/loadKerasFile.js';
import { OnnxSession } from './onnxSession.js';
import { pixelTable } from './pixelTable.js';

/** A network that answers for pictures: a checkpoint, or a file that was exported. */
export interface OpenedModel {
  readonly facts: ModelFacts;
  /** What computes, in words. */
  readonly runtime: string;
  /**
   * @param pixels [N, H, W, 3], RGB bytes
   * @returns [N, C], what `facts.output` says
   */
  run(pixels: Uint8Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * @param file absolute path of a checkpoint's folder, or of a .tflite, .onnx, model.json (or its folder) or .h5 that was exported
 * @throws UserError `model-unreadable` for what is none of them, or what a checkpoint is refused for
 */
export async function openModel(file: string): Promise<OpenedModel> {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) throw unreadable(file, 'it does not exist');
  if (stat.isDirectory()) {
    const topology = path.join(file, 'model.json');
    return fs.existsSync(topology) ? openModel(topology) : ofCheckpoint(file);
  }
  try {
    const bytes = fs.readFileSync(file);
    switch (path.extname(file).toLowerCase()) {
      case '.tflite':
        return await ofTflite(bytes);
      case '.onnx':
        return await ofOnnx(bytes);
      case '.json':
        return await ofLayersModel(file, bytes);
      case '.h5':
        return await ofKeras(file);
    }
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(file, error.message, error);
    throw error;
  }
  throw unreadable(file, 'it is neither .tflite, .onnx, .json nor .h5');
}

async function ofCheckpoint(folder: string): Promise<OpenedModel> {
  const source = openCheckpoint(folder);
  const graph = source.quantization ? quantizeGraph(source.float, source.quantization) : source.float;
  const { engine } = await selectEngine({ engine: 'auto', threads: 0 });
  const session = engine.createSession(graph, source.parameters);
  const quantizers = quantizersOf(graph).length;
  const settings = quantizers === 0 ? {} : { quantization: { active: new Uint8Array(quantizers).fill(1) } };
  const { width, height } = source.facts.input;
  return {
    facts: factsOf(source, 'logits', 'NHWC'),
    runtime: `the ${engine.name} engine${quantizers > 0 ? ', int8 as it was trained' : ''}`,
    run: async (pixels) => {
      const labels = new Int32Array(pixels.length / (width * height * 3));
      return (await session.evaluate({ images: pixels, labels }, settings)).outputs.scores!;
    },
    close: () => {
      session.dispose();
      return Promise.resolve();
    },
  };
}

async function ofOnnx(bytes: Uint8Array): Promise<OpenedModel> {
  const { metadata, input, output } = readOnnxFacts(bytes);
  const facts = required(metadata.get(FACTS_KEY));
  const session = await OnnxSession.open(bytes, { ...facts.input, ...(input && { input }), ...(output && { output }) });
  return { facts, runtime: 'ONNX Runtime', run: (pixels) => session.run(pixels), close: () => session.close() };
}

async function ofTflite(bytes: Uint8Array): Promise<OpenedModel> {
  const model = readTflite(bytes);
  const facts = required(decode(model.metadata.get(FACTS_KEY)));
  const { precision, network } = networkOfTflite(model, facts.output === 'embedding' ? 'embedding' : 'scores');
  if (precision === 'float32') return inOnnxRuntime(network, facts);
  return {
    facts,
    runtime: 'the integer interpreter, as LiteRT rounds',
    run: (pixels) => Promise.resolve(runIntegersAsFloats(network, pixels)),
    close: () => Promise.resolve(),
  };
}

function runIntegersAsFloats(network: IntegerNetwork, pixels: Uint8Array): Float32Array {
  const table = pixelTable(network.input, -128, 127, Int8Array);
  const [height, width] = network.tensors[0]!.shape;
  const { scale, zeroPoint, shape } = network.tensors[answerOf(network)]!;
  const [bytes, outputs] = [height * width * 3, shape[2]];
  const result = new Float32Array((pixels.length / bytes) * outputs);
  for (let from = 0, to = 0; from < pixels.length; from += bytes, to += outputs) {
    const picture = Int8Array.from(pixels.subarray(from, from + bytes), (byte) => table[byte]!);
    result.set(
      Float32Array.from(runPicture(network, picture, 'xnnpack'), (q) => (q - zeroPoint) * scale),
      to,
    );
  }
  return result;
}

/** What of a LayersModel is read here. */
interface Topology {
  readonly weightsManifest?: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
  }[];
  readonly userDefinedMetadata?: Readonly<Record<string, unknown>>;
}

async function ofLayersModel(file: string, bytes: Uint8Array): Promise<OpenedModel> {
  let topology: Topology;
  try {
    topology = JSON.parse(new TextDecoder().decode(bytes)) as Topology;
  } catch (cause) {
    throw new RangeError('it is not a model.json', { cause });
  }
  const facts = required(JSON.stringify(topology.userDefinedMetadata?.[FACTS_KEY]));
  const parameters = new Map<string, Float32Array>();
  for (const { paths, weights } of topology.weightsManifest ?? []) {
    const data = Buffer.concat(paths.map((name) => fs.readFileSync(path.join(path.dirname(file), name))));
    let at = 0;
    for (const { name, shape, dtype } of weights) {
      const length = shape.reduce((product, n) => product * n, 1);
      if (dtype !== 'float32' || at + 4 * length > data.length) throw new RangeError(`${name} is cut short`);
      parameters.set(
        name,
        new Float32Array(data.buffer.slice(data.byteOffset + at, data.byteOffset + at + 4 * length)),
      );
      at += 4 * length;
    }
  }
  return ofParameters(parameters, facts);
}

async function ofKeras(file: string): Promise<OpenedModel> {
  const keras = await loadKerasFile();
  const facts = required(await keras.kerasAttribute(file, FACTS_KEY));
  const arrays = await keras.readKerasFile(file);
  return ofParameters(new Map(arrays.map(({ name, values }) => [name, values])), facts);
}

function ofParameters(parameters: ParameterValues, facts: ModelFacts): Promise<OpenedModel> {
  requireLabels(facts);
  const graph = networkOf(facts.network, facts.labels.length);
  const absent = graph.parameters.find(({ name }) => !parameters.has(name));
  if (absent) throw new RangeError(`the weight ${absent.name} is missing`);
  return inOnnxRuntime(floatNetwork(graph, parameters), { ...facts, output: 'logits' });
}

async function inOnnxRuntime(network: FloatNetwork, facts: ModelFacts): Promise<OpenedModel> {
  const session = await OnnxSession.open(onnxFile(floatOnnx(network, facts.output, new Map())), facts.input);
  return { facts, runtime: 'ONNX Runtime', run: (pixels) => session.run(pixels), close: () => session.close() };
}

function decode(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

function required(json: string | undefined): ModelFacts {
  const facts = parseFacts(json);
  if (!facts)
    throw new RangeError('Face Trainer did not write it: it does not say which person each output stands for');
  return facts;
}

/** @throws UserError `model-embedding` */
export function requireLabels({ output }: ModelFacts): void {
  if (output === 'embedding')
    throw new UserError(
      'model-embedding',
      'This model turns faces into vectors; it does not name people.',
      'Use a file with the whole classifier, or compare its vectors by cosine similarity in your own program.',
    );
}

function unreadable(file: string, why: string, cause?: unknown): UserError {
  return new UserError(
    'model-unreadable',
    `“${file}” cannot be used: ${why}.`,
    'Choose the folder of a checkpoint, or a .tflite, .onnx, model.json or .h5 file that Face Trainer exported.',
    { cause },
  );
}
