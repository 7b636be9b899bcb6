import type { Graph } from '../graph/graph.js';
import type { AdamMoments } from '../core/adam.js';

/** A batch as it comes from the dataset. */
export interface Batch {
  /** [N, H, W, 3], row-major RGB, 0..255; the engine scales it to x / 127.5 − 1. */
  readonly images: Uint8Array;
  /** [N], class numbers. */
  readonly labels: Int32Array;
}

/** Sums over the pictures of a batch, so that batches of different size add up. */
export interface BatchResult {
  /** Cross-entropy summed over the pictures, nats. */
  readonly lossSum: number;
  readonly correct: number;
  /** [N, classes], before any update. */
  readonly logits: Float32Array;
}

/** Everything that a later step depends on; the arrays are the session's own and change with every step. */
export interface SessionState {
  /** Optimizer updates so far. */
  readonly step: number;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** Of each trainable parameter. */
  readonly moments: ReadonlyMap<string, AdamMoments>;
}

export interface StepSettings {
  readonly learningRate: number;
  /** Weight of the old running statistics of batch norm. */
  readonly batchNormMomentum: number;
}

/** A network in training on one engine. */
export interface TrainingSession {
  /**
   * One optimizer update. The running statistics take this batch's: mean, and variance with Bessel's correction.
   *
   * @throws UserError `not-finite` when loss or a gradient is NaN or infinite; the weights are then as before
   */
  trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult>;
  /** Forward with the running statistics; nothing changes. */
  evaluate(batch: Batch): Promise<BatchResult>;
  readonly state: SessionState;
  dispose(): void;
}

export interface Engine {
  readonly name: 'tensorflow' | 'javascript';
  /** For people: versions and device. */
  readonly detail: string;
  /**
   * @param parameters a value for each parameter of the graph; copied
   * @param resume moments and step to go on from; zero when absent
   */
  createSession(
    graph: Graph,
    parameters: ReadonlyMap<string, Float32Array>,
    resume?: Pick<SessionState, 'moments' | 'step'>,
  ): TrainingSession;
}
