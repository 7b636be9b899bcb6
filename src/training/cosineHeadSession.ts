import { DEFAULT_LOSS } from '../core/losses/losses.js';
import type { TrainingLoss } from '../core/losses/lossSum.js';
import type { PeopleLoss } from '../core/losses/scoreSums.js';
import type {
  Batch,
  BatchResult,
  Columns,
  Engine,
  EvaluationSettings,
  SessionOptions,
  StepSettings,
  TrainingSession,
} from '../engine/engine.js';
import { COSINE_HEAD, fitColumns } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import type { ParameterValues, SessionState } from '../graph/networkState.js';
import type { ObservationSettings } from '../quantization/folding.js';
import { followColumns } from './followColumns.js';
import { HeadSession } from './headSession.js';
import type { SettledOptions } from './logitScale.js';

/** What a cosine head trains with: scale of the scores, and the margin of a loss that has one. */
export type CosineSettings = Pick<
  SettledOptions,
  | 'loss'
  | 'logitScale'
  | 'margin'
  | 'marginM1'
  | 'marginM2'
  | 'marginM3'
  | 'mining'
  | 'labelSmoothing'
  | 'clipNorm'
  | 'distillationWeight'
>;

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
  constructor(
    engine: Engine,
    graph: Graph,
    parameters: ReadonlyMap<string, Float32Array>,
    private readonly logitScale: number,
    options: SessionOptions,
    node = graph.outputs.embedding,
    private readonly follows = false,
  ) {
    super(engine, graph, node, parameters, options);
  }

  override async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const result = await super.trainStep(batch, settings);
    await settle(this.head, this.logitScale, this.follows, result, batch.labels);
    return result;
  }
}

/**
 * Trains a whole network with a cosine head: after every update its columns are as long as the scale again. Where the loss reads no
 * scores they follow what their people's pictures give.
 */
export class FittedSession implements TrainingSession {
  constructor(
    private readonly network: TrainingSession,
    private readonly logitScale: number,
    private readonly follows = false,
  ) {}

  async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const result = await this.network.trainStep(batch, settings);
    await settle(this.network, this.logitScale, this.follows, result, batch.labels);
    return result;
  }

  evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult> {
    return this.network.evaluate(batch, settings);
  }

  observe(batch: Batch, settings: ObservationSettings): ReturnType<TrainingSession['observe']> {
    return this.network.observe(batch, settings);
  }

  readColumns(parameter: string, into: Columns): Promise<void> {
    return this.network.readColumns(parameter, into);
  }

  writeColumns(parameter: string, columns: Columns): void {
    this.network.writeColumns(parameter, columns);
  }

  averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void> {
    return this.network.averageInto(average, share);
  }

  readState(): Promise<SessionState> {
    return this.network.readState();
  }

  assign(values: ReadonlyMap<string, Float32Array>): void {
    this.network.assign(values);
  }

  dispose(): void {
    this.network.dispose();
  }
}

/** Parameters whose columns are as long as the scale; the others are the same arrays. */
export function fitted(parameters: ParameterValues, logitScale: number): Map<string, Float32Array> {
  const people = parameters.get(COSINE_HEAD.bias)!.length;
  const kernel = fitColumns(parameters.get(COSINE_HEAD.kernel)!, people, logitScale);
  return new Map([...parameters, [COSINE_HEAD.kernel, kernel]]);
}

/** Brings the columns of a head to their length. */
export async function refit(head: Pick<TrainingSession, 'readState' | 'assign'>, logitScale: number): Promise<void> {
  const { parameters } = await head.readState();
  head.assign(new Map([[COSINE_HEAD.kernel, fitted(parameters, logitScale).get(COSINE_HEAD.kernel)!]]));
}

async function settle(
  head: Pick<TrainingSession, 'readState' | 'assign'>,
  logitScale: number,
  follows: boolean,
  { outputs }: BatchResult,
  labels: Int32Array,
): Promise<void> {
  if (follows) await follow(head, logitScale, outputs.embedding!, labels);
  else await refit(head, logitScale);
}

async function follow(
  network: Pick<TrainingSession, 'readState' | 'assign'>,
  logitScale: number,
  embeddings: Float32Array,
  labels: Int32Array,
): Promise<void> {
  const { parameters } = await network.readState();
  const people = parameters.get(COSINE_HEAD.bias)!.length;
  const kernel = followColumns(parameters.get(COSINE_HEAD.kernel)!, people, embeddings, labels, logitScale);
  network.assign(new Map([[COSINE_HEAD.kernel, kernel]]));
}
