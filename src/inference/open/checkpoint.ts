import { selectEngine } from '../../engine/selectEngine.js';
import { factsOf } from '../../export/exportSource.js';
import { quantizeGraph } from '../../quantization/quantizeGraph.js';
import { quantizersOf } from '../../quantization/quantizers.js';
import { openCheckpoint, type OpenedCheckpoint } from '../openCheckpoint.js';
import { requireValues } from '../../runs/checkpointValues.js';
import type { OpenedModel } from './openedModel.js';

/** A checkpoint, computed by an engine. */
export function ofCheckpoint(folder: string): Promise<OpenedModel> {
  return ofOpenedCheckpoint(openCheckpoint(folder), folder);
}

/** The same of one that was read. */
export async function ofOpenedCheckpoint(source: OpenedCheckpoint, folder: string): Promise<OpenedModel> {
  const graph = source.quantization ? quantizeGraph(source.float, source.quantization) : source.float;
  requireValues(graph, source.parameters, folder);
  const { engine } = await selectEngine({ engine: 'auto', threads: 0 });
  const session = engine.createSession(graph, source.parameters);
  const quantizers = quantizersOf(graph).length;
  const settings = quantizers === 0 ? {} : { quantization: { active: new Uint8Array(quantizers).fill(1) } };
  const { width, height } = source.facts.input;
  const evaluate = async (pixels: Uint8Array, output: 'scores' | 'embedding') => {
    const labels = new Int32Array(pixels.length / (width * height * 3));
    return (await session.evaluate({ images: pixels, labels }, { ...settings, wants: [output] })).outputs[output]!;
  };
  return {
    facts: factsOf(source, { format: 'tflite', part: 'classifier' }),
    runtime: `the ${engine.name} engine${quantizers > 0 ? ', int8 as it was trained' : ''}`,
    precision: quantizers > 0 ? 'int8' : 'float32',
    run: (pixels) => evaluate(pixels, 'scores'),
    embed: (pixels) => evaluate(pixels, 'embedding'),
    close: () => {
      session.dispose();
      return Promise.resolve();
    },
  };
}
