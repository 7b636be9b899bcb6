import { FACTS_KEY } from '../../export/modelFacts.js';
import { networkOfTflite } from '../../export/tflite/fromTflite.js';
import { readTflite } from '../../export/tflite/readTflite.js';
import type { Scaling } from '../../graph/graph.js';
import { readRegularFile } from '../../platform/regularFile.js';
import { answerOf, type IntegerNetwork } from '../../quantization/interpreter/integerNetwork.js';
import { runPicture } from '../../quantization/interpreter/interpreter.js';
import { integerTables } from '../integerTables.js';
import type { RoundingName } from '../../quantization/interpreter/roundings.js';
import { readingOf } from '../onnxSession.js';
import { inOnnxRuntime } from './onnx.js';
import { answers, MOST_MODEL_BYTES, requiredFacts, requireFit, type OpenedModel } from './openedModel.js';

/** @param rounding of the runtime that a file of integers is for */
export async function ofTflite(file: string, rounding: RoundingName = 'xnnpack'): Promise<OpenedModel> {
  const model = readTflite(readRegularFile(file, MOST_MODEL_BYTES));
  const facts = requiredFacts(decode(model.metadata.get(FACTS_KEY)));
  const { precision, network } = networkOfTflite(model, facts.output === 'embedding' ? 'embedding' : 'scores');
  requireFit(facts, network.tensors[0]!.shape, network.tensors[answerOf(network)]!.shape[2]);
  if (precision === 'float32') return inOnnxRuntime(network, facts);
  return {
    facts,
    precision,
    runtime: `the integer interpreter, as ${rounding === 'microcontroller' ? 'TensorFlow Lite Micro' : 'LiteRT'} rounds`,
    ...answers(facts, (pixels) =>
      Promise.resolve(runIntegersAsFloats(network, readingOf(facts).scaling, rounding, pixels)),
    ),
    close: () => Promise.resolve(),
  };
}

function decode(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

function runIntegersAsFloats(
  network: IntegerNetwork,
  scaling: Scaling | undefined,
  rounding: RoundingName,
  pixels: Uint8Array,
): Float32Array {
  const tables = integerTables(network.input, scaling, [-128, 127], Int8Array);
  const [height, width] = network.tensors[0]!.shape;
  const { scale, zeroPoint, shape } = network.tensors[answerOf(network)]!;
  const [bytes, outputs] = [height * width * 3, shape[2]];
  const result = new Float32Array((pixels.length / bytes) * outputs);
  for (let from = 0, to = 0; from < pixels.length; from += bytes, to += outputs) {
    const picture = Int8Array.from(pixels.subarray(from, from + bytes), (byte, i) => tables[i % 3]![byte]!);
    result.set(
      Float32Array.from(runPicture(network, picture, rounding), (q) => (q - zeroPoint) * scale),
      to,
    );
  }
  return result;
}
