import { isDeepStrictEqual } from 'node:util';
import type { Dataset } from '../dataset/dataset.js';
import type { Engine } from '../engine/engine.js';
import type { Graph } from '../graph/graph.js';
import type { TrainingOptions } from '../protocol/options.js';
import { averagedBy } from './averagedBy.js';
import { FeatureReader, PixelReader } from './batchReader.js';
import type { ClassPlace } from './classes/openClasses.js';
import { sampledColumns } from './classes/sampledClasses.js';
import { sampledStage } from './classes/sampledStage.js';
import { faceStage } from './faceStage.js';
import { settledFor } from './logitScale.js';
import { goesOnWith, type Stage, type TrainedBefore } from './stage.js';
import { SizedNetwork, TaughtReader } from './taughtReader.js';
import type { Teacher } from './teacher.js';
import { trainedHead } from './trainedHead.js';
import { wholeFaceStage } from './wholeFaceStage.js';

/** The stages of a run: what lies above the embedding alone as long as the options say, then every layer; a frozen network stays with the first. */
export function stagesOf(
  options: TrainingOptions,
  dataset: Dataset,
  engine: Engine,
  /** `trainedGraph` is what trains with every layer: the same network, or what quantization made of it. */
  {
    float,
    trainedGraph,
    teacher,
  }: { readonly float: Graph; readonly trainedGraph: Graph; readonly teacher?: Teacher | undefined },
  start: ReadonlyMap<string, Float32Array>,
  /** Of the process before, where the run goes on. */
  from?: TrainedBefore,
  place: ClassPlace = {},
): (epoch: number, before: Stage | undefined) => Promise<Stage> {
  const people = dataset.people.length;
  const settled = settledFor(people, options);
  const columns = sampledColumns(people, options);
  if (columns)
    return async (_, before) =>
      before ?? sampledStage(settled, dataset, engine, { graph: float, columns, place }, start, from);
  if (options.weights === 'faces')
    return async (_, before) => {
      if (before) return before;
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
      const read = options.frozen
        ? { reader: new FeatureReader(dataset, session, options) }
        : pixelsFor(dataset, options, engine, teacher);
      return { name, ...read, ...averagedBy(settled, session, average, head.hasColumns) };
    }
    // What only the whole graph has are ranges that nothing has been seen for.
    const session = engine.createSession(trainedGraph, new Map([...start, ...parameters]), resumed);
    const read = pixelsFor(dataset, options, engine, teacher);
    return { name, ...read, ...averagedBy(settled, head.whole(session), average, head.hasColumns) };
  };
}

/** Pictures, with a teacher's embeddings where there is one: of the same views without their damage. */
function pixelsFor(
  dataset: Dataset,
  options: TrainingOptions,
  engine: Engine,
  teacher: Teacher | undefined,
): Pick<Stage, 'reader' | 'teacher' | 'isStudent'> {
  const reader = new PixelReader(dataset, options);
  if (!teacher) return { reader };
  const network = new SizedNetwork(engine, teacher.graph, teacher.parameters);
  const whole = { ...options.augmentation, erasing: 0, small: 0, dark: 0, moved: 0, covered: 0 };
  const isDamaged = !isDeepStrictEqual(whole, options.augmentation);
  const seen = isDamaged ? new PixelReader(dataset, { ...options, augmentation: whole }) : undefined;
  return { reader: new TaughtReader(reader, network, seen), teacher: network, isStudent: true };
}
