import fs from 'node:fs';
import { FACTS_KEY, type ModelFacts } from '../../export/modelFacts.js';
import type { FloatNetwork } from '../../export/floatNetwork.js';
import { onnxFile } from '../../export/onnx/onnxFile.js';
import { floatOnnx } from '../../export/onnx/onnxModels.js';
import { readOnnxFacts } from '../../export/onnx/readOnnx.js';
import { OnnxSession } from '../onnxSession.js';
import { requiredFacts, type OpenedModel } from './openedModel.js';

export async function ofOnnx(file: string): Promise<OpenedModel> {
  const bytes = fs.readFileSync(file);
  const { metadata, input, output } = readOnnxFacts(bytes);
  const facts = requiredFacts(metadata.get(FACTS_KEY));
  const session = await OnnxSession.open(bytes, { ...facts.input, ...(input && { input }), ...(output && { output }) });
  return { facts, runtime: 'ONNX Runtime', run: (pixels) => session.run(pixels), close: () => session.close() };
}

/** A network that was read from another format. */
export async function inOnnxRuntime(network: FloatNetwork, facts: ModelFacts): Promise<OpenedModel> {
  const session = await OnnxSession.open(onnxFile(floatOnnx(network, facts.output, new Map())), facts.input);
  return { facts, runtime: 'ONNX Runtime', run: (pixels) => session.run(pixels), close: () => session.close() };
}
