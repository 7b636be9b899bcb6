import { DEFAULT_LOSS } from '../core/losses/losses.js';
import type { TrainingLoss } from '../core/losses/lossSum.js';
import type { PeopleLoss } from '../core/losses/scoreSums.js';
import type { Batch, BatchResult, Engine, SessionOptions, StepSettings, TrainingSession } from '../engine/engine.js';
import { COSINE_HEAD, fitColumns } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import type { ParameterValues } from '../graph/networkState.js';
import { HeadColumns } from './headColumns.js';
import { HeadSession } from './headSession.js';
import type { LossOption } from '../protocol/lossOptions.js';
import type { SettledOptions } from './logitScale.js';
import { optimizerOf, type OptimizerOptions } from './optimizer.js';
import { SessionAround } from './sessionAround.js';

/** What a cosine head trains with: scale of the scores, the margin of a loss that has one, and the optimizer. */
export type CosineSettings = Pick<SettledOptions, Exclude<LossOption, 'lossRamp'> | 'clipNorm'> & OptimizerOptions;

function lossOf(settings: CosineSettings): TrainingLoss {
  const { loss, distillationWeight, margin, mining } = settings;
  const toTarget = { kind: 'distillation' } as const;
  // The scores have no weight, but say who is right.
  const answers = { weight: 0, loss: DEFAULT_LOSS };
  if (loss === 'distillation') return [{ weight: 1, loss: toTarget }, answers];
  if (loss === 'triplet') {
    const beside = distillationWeight > 0 ? [{ weight: distillationWeight, loss: toTarget }] : [];
    return [{ weight: 1, loss: { kind: 'triplet', margin, mining } }, ...beside, answers];
  }
  const ofScores = lossOfPeople(settings);
  if (distillationWeight === 0) return ofScores;
  return [
    { weight: 1, loss: ofScores },
    { weight: distillationWeight, loss: toTarget },
  ];
}

/** The loss that compares a picture with people; CosFace where the options name no such one. */
export function lossOfPeople(settings: CosineSettings): PeopleLoss {
  const { loss, logitScale: scale, margin, marginM1: m1, marginM2: m2, marginM3: m3, labelSmoothing } = settings;
  if (loss === 'softmax') return { kind: 'softmax', labelSmoothing };
  if (loss === 'combined') return { kind: 'combined', scale, m1, m2, m3 };
  return { kind: loss === 'arcface' ? 'arcface' : 'cosface', scale, margin };
}

/**
 * How a cosine head trains. A rate is that of unit vectors: an update moves a column of length `logitScale` as many times as far.
 *
 * @param rateFactor on the learning rate
 */
export function cosineOptions(settings: CosineSettings, rateFactor: number): SessionOptions {
  const { kernel, bias } = COSINE_HEAD;
  return {
    loss: lossOf(settings),
    optimizer: optimizerOf(settings),
    clipNorm: settings.clipNorm,
    learningRateFactors: new Map([
      [kernel, rateFactor * settings.logitScale],
      [bias, 0],
    ]),
  };
}

/**
 * Trains a cosine head, and what else lies above a node, on a frozen network: after every update its columns are as long as the scale
 * again. Where the loss reads no scores they follow what their people's pictures give.
 */
export class CosineHeadSession extends HeadSession {
  private readonly columns: HeadColumns;

  constructor(
    engine: Engine,
    graph: Graph,
    parameters: ReadonlyMap<string, Float32Array>,
    logitScale: number,
    options: SessionOptions,
    node = graph.outputs.embedding,
    follows = false,
  ) {
    super(engine, graph, node, parameters, options);
    this.columns = new HeadColumns(this.head, logitScale, follows);
  }

  override async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const result = await super.trainStep(batch, settings);
    await this.columns.settle(result, batch.labels);
    return result;
  }
}

/**
 * Trains a network with a cosine head: after every update its columns are as long as the scale again. Where the loss reads no scores
 * they follow what their people's pictures give.
 */
export class FittedSession extends SessionAround {
  private readonly columns: HeadColumns;

  constructor(inner: TrainingSession, logitScale: number, follows = false) {
    super(inner);
    this.columns = new HeadColumns(inner, logitScale, follows);
  }

  override async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const result = await super.trainStep(batch, settings);
    await this.columns.settle(result, batch.labels);
    return result;
  }
}

/** Parameters whose columns are as long as the scale; the others are the same arrays. */
export function fitted(parameters: ParameterValues, logitScale: number): Map<string, Float32Array> {
  const people = parameters.get(COSINE_HEAD.bias)!.length;
  const kernel = fitColumns(parameters.get(COSINE_HEAD.kernel)!, people, logitScale);
  return new Map([...parameters, [COSINE_HEAD.kernel, kernel]]);
}
