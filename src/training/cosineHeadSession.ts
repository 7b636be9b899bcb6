import type { Loss } from '../core/losses/losses.js';
import type { Batch, BatchResult, Engine, SessionOptions, StepSettings } from '../engine/engine.js';
import { COSINE_HEAD, fitColumns } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import { HeadSession } from './headSession.js';
import type { SettledOptions } from './logitScale.js';

/** What a cosine head trains with: scale of the scores, and the margin of a loss that has one. */
export type CosineSettings = Pick<SettledOptions, 'loss' | 'logitScale' | 'margin' | 'labelSmoothing'>;

function lossOf({ loss, logitScale: scale, margin, labelSmoothing }: CosineSettings): Loss {
  if (loss === 'softmax') return { kind: 'softmax', labelSmoothing };
  return { kind: loss === 'auto' ? 'cosface' : loss, scale, margin };
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
    learningRateFactors: new Map([
      [kernel, rateFactor * settings.logitScale],
      [bias, 0],
    ]),
  };
}

/** Trains a cosine head on a frozen network: after every update its columns are as long as the scale again. */
export class CosineHeadSession extends HeadSession {
  constructor(
    engine: Engine,
    graph: Graph,
    parameters: ReadonlyMap<string, Float32Array>,
    private readonly logitScale: number,
    options: SessionOptions,
  ) {
    super(engine, graph, graph.outputs.embedding, parameters, options);
  }

  override async trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult> {
    const result = await super.trainStep(batch, settings);
    await refit(this.head, this.logitScale);
    return result;
  }
}

/** Brings the columns of a head to their length. */
export async function refit(head: Pick<HeadSession, 'readState' | 'assign'>, logitScale: number): Promise<void> {
  const { parameters } = await head.readState();
  const people = parameters.get(COSINE_HEAD.bias)!.length;
  const kernel = fitColumns(parameters.get(COSINE_HEAD.kernel)!, people, logitScale);
  head.assign(new Map([[COSINE_HEAD.kernel, kernel]]));
}
