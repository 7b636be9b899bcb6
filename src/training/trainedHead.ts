import type { TrainingLoss } from '../core/losses/lossSum.js';
import type { Engine, SessionOptions, TrainingSession } from '../engine/engine.js';
import { hasCosineHead } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import { featuresOf } from '../graph/network.js';
import type { ParameterValues } from '../graph/networkState.js';
import { splitAt } from '../graph/subgraph.js';
import type { TrainingOptions } from '../protocol/options.js';
import { cosineOptions, CosineHeadSession, fitted, FittedSession } from './cosineHeadSession.js';
import { HeadSession } from './headSession.js';
import type { SettledOptions } from './logitScale.js';
import { optimizerOf } from './optimizer.js';

/** How what lies above the features trains, in a network that is built here. */
export interface TrainedHead {
  /** Of its session, and of that of the whole network. */
  readonly options: SessionOptions;
  /** Whether each person's column of it has one length. */
  readonly hasColumns: boolean;
  /** What parameters are before the first step. */
  begins(values: ParameterValues): ParameterValues;
  /** By itself, on the frozen network below it. */
  alone(engine: Engine, parameters: ParameterValues, options: SessionOptions): HeadSession;
  /** With every layer below it. */
  whole(session: TrainingSession): TrainingSession;
}

export function trainedHead(options: SettledOptions, float: Graph): TrainedHead {
  const { headRateFactor, logitScale, clipNorm } = options;
  const features = featuresOf(float);
  const rates = splitAt(float, features).above.parameters.map(({ name }) => [name, headRateFactor] as const);
  if (!hasCosineHead(float))
    return {
      options: {
        loss: lossOf(options),
        optimizer: optimizerOf(options),
        clipNorm,
        learningRateFactors: new Map(rates),
      },
      hasColumns: false,
      begins: (values) => values,
      alone: (engine, parameters, own) => new HeadSession(engine, float, features, parameters, own),
      whole: (session) => session,
    };
  const cosine = cosineOptions(options, headRateFactor);
  const follows = options.loss === 'triplet' || options.loss === 'distillation';
  return {
    options: { ...cosine, learningRateFactors: new Map([...rates, ...(cosine.learningRateFactors ?? [])]) },
    hasColumns: true,
    begins: (values) => fitted(values, logitScale),
    alone: (engine, parameters, own) =>
      new CosineHeadSession(engine, float, parameters, logitScale, own, features, follows),
    whole: (session) => new FittedSession(session, logitScale, follows),
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
