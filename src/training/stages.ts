import type { Dataset } from '../dataset/dataset.js';
import type { Engine } from '../engine/engine.js';
import type { Graph } from '../graph/graph.js';
import type { TrainingOptions } from '../protocol/options.js';
import { averagedBy } from './averagedBy.js';
import { FeatureReader, PixelReader } from './batchReader.js';
import type { ClassPlace } from './classes/openClasses.js';
import { sampledColumns } from './classes/sampledClasses.js';
import { sampledFaceStage } from './classes/sampledStage.js';
import { faceStage } from './faceStage.js';
import { settledFor } from './logitScale.js';
import { goesOnWith, type Stage, type TrainedBefore } from './stage.js';
import { trainedHead } from './trainedHead.js';
import { wholeFaceStage } from './wholeFaceStage.js';

/** The stages of a run: what lies above the embedding alone as long as the options say, then every layer; a frozen network stays with the first. */
export function stagesOf(
  options: TrainingOptions,
  dataset: Dataset,
  engine: Engine,
  /** `trainedGraph` is what trains with every layer: the same network, or what quantization made of it. */
  { float, trainedGraph }: { readonly float: Graph; readonly trainedGraph: Graph },
  start: ReadonlyMap<string, Float32Array>,
  /** Of the process before, where the run goes on. */
  from?: TrainedBefore,
  place: ClassPlace = {},
): (epoch: number, before: Stage | undefined) => Promise<Stage> {
  const people = dataset.people.length;
  const settled = settledFor(people, options);
  const columns = sampledColumns(people, options);
  if (options.weights === 'faces')
    return async (_, before) => {
      if (before) return before;
      if (columns) return sampledFaceStage(settled, dataset, engine, { graph: float, columns, place }, start, from);
      if (options.frozen) return faceStage(settled, dataset, engine, float, start, from);
      return wholeFaceStage(settled, dataset, engine, { float, trainedGraph }, start, from);
    };
  const head = trainedHead(settled, float);
  return async (epoch, before) => {
    const headAlone = options.frozen || epoch <= options.headEpochs;
    const name = headAlone ? 'head' : 'all';
    if (before?.name === name) return before;
    const { state, average } = await goesOnWith(name, before, from, options.averageDecay > 0);
    const parameters = state?.parameters ?? head.begins(start);
    const resumed = { ...head.options, ...(state && { resume: state }) };
    if (headAlone) {
      const session = head.alone(engine, parameters, resumed);
      const reader = options.frozen ? new FeatureReader(dataset, session, options) : new PixelReader(dataset, options);
      return { name, reader, ...averagedBy(settled, session, average, head.hasColumns) };
    }
    // What only the whole graph has are ranges that nothing has been seen for.
    const session = engine.createSession(trainedGraph, new Map([...start, ...parameters]), resumed);
    const reader = new PixelReader(dataset, options);
    return { name, reader, ...averagedBy(settled, head.whole(session), average, head.hasColumns) };
  };
}
