import type { Loss } from '../core/losses/losses.js';
import type { Batch, BatchResult, Engine, SessionOptions, StepSettings } from '../engine/engine.js';
import { COSINE_HEAD, fitColumns } from '../graph/cosineHead.js';
import type { Graph } from '../graph/graph.js';
import { HeadSession } from './headSession.js';

/** Of a cosine head: scale of the scores, and what CosFace takes from the label's cosine. */
export interface CosineSettings {
  readonly logitScale: number;
  readonly margin: number;
}

/**
 * How a cosine head trains. A rate is that of unit vectors: an update moves a column of length `logitScale` as many times as far.
 *
 * @param rateFactor on the learning rate
 */
export function cosineOptions({ logitScale, margin }: CosineSettings, rateFactor: number): SessionOptions {
  const loss: Loss = { kind: 'cosface', scale: logitScale, margin };
  const { kernel, bias } = COSINE_HEAD;
  return {
    loss,
    learningRateFactors: new Map([
      [kernel, rateFactor * logitScale],
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
