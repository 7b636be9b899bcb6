import { openDataset, readBatch, type Dataset } from '../../src/dataset/dataset.js';
import { scanDataset } from '../../src/dataset/scanDataset.js';
import type { Batch } from '../../src/engine/engine.js';
import { selectEngine } from '../../src/engine/selectEngine.js';
import type { Graph } from '../../src/graph/graph.js';
import { mobileNetV2 } from './networks.js';
import { trainingOptions } from '../../src/protocol/options.js';
import { calibrate } from '../../src/training/quantization/calibrate.js';
import { initialRanges, quantizeGraph } from '../../src/quantization/quantizeGraph.js';
import { startWeights } from '../../src/weights/startWeights.js';
import { sharedPaths } from './shared.js';

/** MobileNetV2 of width 0.5 with ImageNet weights and a random last layer, calibrated on real pictures. */
export interface QuantizedNetwork {
  readonly dataset: Dataset;
  readonly float: Graph;
  readonly graph: Graph;
  readonly values: Map<string, Float32Array>;
  /** Every validation picture. */
  readonly validation: Batch[];
}

export async function quantizedNetwork(size: number, cacheFolder: string): Promise<QuantizedNetwork> {
  const options = trainingOptions.parse({ dataset: sharedPaths.wild, size });
  const scanned = scanDataset(sharedPaths.wild);
  const opened = await openDataset(
    scanned,
    { ...options, cacheFolder, cacheBytes: 1e9 },
    () => undefined,
    () => false,
  );
  const dataset = opened!;
  const float = mobileNetV2({ size, people: dataset.people.length, width: 0.5, pooling: 'average' });
  const graph = quantizeGraph(float);
  const start = await startWeights(float, { seed: 1, width: 0.5, people: [], weights: sharedPaths.weights05 });
  const values = new Map([...start, ...initialRanges(graph)]);
  const read = async (pictures: readonly number[]): Promise<Batch> => {
    const { pixels, labels } = await readBatch(dataset, { pictures });
    return { images: pixels, labels };
  };
  const { train, validation: held } = dataset.split;
  const validation: Batch[] = [];
  for (let i = 0; i < held.length; i += 64) validation.push(await read(held.slice(i, i + 64)));
  const { engine } = await selectEngine({ engine: 'native', threads: 2 });
  const session = engine.createSession(graph, values);
  const batches = [await read(train.slice(0, 64)), await read(train.slice(64, 128))];
  const ranges = await calibrate(
    graph,
    session,
    async function* () {
      for (const batch of batches) yield await Promise.resolve(batch);
    },
    'movingAverage',
  );
  for (const [name, range] of ranges) values.set(name, Float32Array.from(range));
  session.dispose();
  return { dataset, float, graph, values, validation };
}
