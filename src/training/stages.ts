import type { TrainingLoss } from '../core/losses/lossSum.js';
import type { Dataset } from '../dataset/dataset.js';
import type { Engine, SessionOptions, TrainingSession } from '../engine/engine.js';
import type { Graph } from '../graph/graph.js';
import { featuresOf } from '../graph/network.js';
import { splitAt } from '../graph/subgraph.js';
import type { TrainingOptions } from '../protocol/options.js';
import { AveragedSession, type AverageState } from './averagedSession.js';
import { FeatureReader, PixelReader } from './batchReader.js';
import { faceStage } from './faceStage.js';
import { HeadSession } from './headSession.js';
import { settledFor } from './logitScale.js';
import { optimizerOf } from './optimizer.js';
import { goesOnWith, type Stage, type TrainedBefore } from './stage.js';
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
): (epoch: number, before: Stage | undefined) => Promise<Stage> {
  if (options.weights === 'faces') {
    const settled = settledFor(dataset.people.length, options);
    return async (_, before) => {
      if (before) return before;
      if (options.frozen) return faceStage(settled, dataset, engine, float, start, from);
      return wholeFaceStage(settled, dataset, engine, { float, trainedGraph }, start, from);
    };
  }
  const features = featuresOf(float);
  const { above } = splitAt(float, features);
  const sessionOptions: SessionOptions = {
    loss: lossOf(options),
    optimizer: optimizerOf(options),
    clipNorm: options.clipNorm,
    learningRateFactors: new Map(above.parameters.map(({ name }) => [name, options.headRateFactor])),
  };
  return async (epoch, before) => {
    const headAlone = options.frozen || epoch <= options.headEpochs;
    const name = headAlone ? 'head' : 'all';
    if (before?.name === name) return before;
    const { state, average } = await goesOnWith(name, before, from, options.averageDecay > 0);
    const parameters = state?.parameters ?? start;
    const resumed = { ...sessionOptions, ...(state && { resume: state }) };
    if (headAlone) {
      const session = new HeadSession(engine, float, features, parameters, resumed);
      const reader = options.frozen ? new FeatureReader(dataset, session, options) : new PixelReader(dataset, options);
      return { name, reader, ...averagedBy(options, session, average) };
    }
    // What only the whole graph has are ranges that nothing has been seen for.
    const session = engine.createSession(trainedGraph, new Map([...start, ...parameters]), resumed);
    return { name, reader: new PixelReader(dataset, options), ...averagedBy(options, session, average) };
  };
}

/** Triplets beside the softmax that teaches the head who is who. */
function lossOf({ loss, labelSmoothing, margin, mining }: TrainingOptions): TrainingLoss {
  const softmax = { kind: 'softmax', labelSmoothing } as const;
  if (loss !== 'triplet') return softmax;
  return [
    { weight: 1, loss: softmax },
    { weight: 1, loss: { kind: 'triplet', margin, mining } },
  ];
}

/** A session, or where the options ask for it the average of what it trains. */
function averagedBy(
  { averageDecay }: TrainingOptions,
  trained: TrainingSession,
  from: AverageState | undefined,
): Pick<Stage, 'session' | 'averaged'> {
  if (averageDecay === 0) return { session: trained };
  const averaged = new AveragedSession(trained, averageDecay, from);
  return { session: averaged, averaged };
}
