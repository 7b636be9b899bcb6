import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { inputOf } from '../../src/graph/graph.js';
import type { ParameterValues } from '../../src/graph/networkState.js';
import { integerNetwork, type IntegerNetwork } from '../../src/quantization/interpreter/integerNetwork.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { calibrate } from '../../src/training/quantization/calibrate.js';
import type { Valued } from './realFaces.js';

export interface Calibrated {
  readonly graph: Graph;
  readonly parameters: ParameterValues;
  readonly integers: IntegerNetwork;
}

/** A network in integers by ranges that were seen on some pictures, without any training. */
export async function calibrated(
  { graph, parameters }: Valued,
  pixels: Uint8Array,
  engineName: 'native' | 'javascript' = 'native',
): Promise<Calibrated> {
  const rewritten = quantizeGraph(graph);
  const all = new Map([...parameters, ...initialRanges(rewritten)]);
  const { engine } = await selectEngine({ engine: engineName, threads: 2 });
  const session = engine.createSession(rewritten, all);
  const [height, width] = inputOf(graph).shape;
  const labels = new Int32Array(pixels.length / (height * width * 3));
  try {
    const batches = async function* () {
      yield await Promise.resolve({ images: pixels, labels });
    };
    for (const [name, range] of await calibrate(rewritten, session, batches, 'movingAverage'))
      all.set(name, Float32Array.from(range));
  } finally {
    session.dispose();
  }
  return { graph: rewritten, parameters: all, integers: integerNetwork(rewritten, all) };
}
