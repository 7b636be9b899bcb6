import { FACTS_KEY, type ModelFacts } from '../../export/modelFacts.js';
import type { FloatNetwork } from '../../export/floatNetwork.js';
import { onnxFile } from '../../export/onnx/onnxFile.js';
import { floatOnnx } from '../../export/onnx/onnxModels.js';
import { readOnnxFacts } from '../../export/onnx/readOnnx.js';
import { readRegularFile } from '../../platform/regularFile.js';
import { OnnxSession, readingOf } from '../onnxSession.js';
import { answers, MOST_MODEL_BYTES, requiredFacts, type OpenedModel } from './openedModel.js';

export async function ofOnnx(file: string): Promise<OpenedModel> {
  const bytes = readRegularFile(file, MOST_MODEL_BYTES);
  const { metadata, input, output } = readOnnxFacts(bytes);
  const facts = requiredFacts(metadata.get(FACTS_KEY));
  const io = { ...readingOf(facts), ...(input && { input }), ...(output && { output }) };
  const session = await OnnxSession.open(bytes, io);
  // Of integers, whatever goes in and comes out.
  const precision = bytes.includes('QuantizeLinear') ? 'int8' : 'float32';
  return inRuntime(session, facts, precision);
}

/** A network that was read from another format. */
export async function inOnnxRuntime(network: FloatNetwork, facts: ModelFacts): Promise<OpenedModel> {
  const bytes = onnxFile(floatOnnx(network, facts.output, new Map()));
  const session = await OnnxSession.open(bytes, readingOf(facts));
  return inRuntime(session, facts, 'float32');
}

function inRuntime(session: OnnxSession, facts: ModelFacts, precision: OpenedModel['precision']): OpenedModel {
  return {
    ...{ facts, precision, runtime: 'ONNX Runtime' },
    ...answers(facts, (pixels) => session.run(pixels)),
    close: () => session.close(),
  };
}
