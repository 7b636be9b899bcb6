import type { Graph } from '../graph/graph.js';
import { KERAS_ADAM, type AdamMoments, type AdamOptions } from '../core/adam.js';
import type { MomentumOptions } from '../core/momentum.js';

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
  /** [N, channels], what the last dense layer reads; when an evaluation was asked for it. */
  readonly embeddings?: Float32Array;
}

/** Everything that a later step depends on. Read it between two steps; the arrays may change with the next one. */
export interface SessionState {
  /** Optimizer updates so far. */
  readonly step: number;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** Of each trainable parameter. With momentum the velocity stands in `first`. */
  readonly moments: ReadonlyMap<string, AdamMoments>;
}

export interface StepSettings {
  readonly learningRate: number;
  /** Weight of the old running statistics of batch norm. */
  readonly batchNormMomentum: number;
}

export interface EvaluationSettings {
  readonly embeddings?: boolean;
}

export type Optimizer = ({ readonly kind: 'adam' } & AdamOptions) | ({ readonly kind: 'sgd' } & MomentumOptions);

export const DEFAULT_OPTIMIZER: Optimizer = { kind: 'adam', ...KERAS_ADAM };

export interface SessionOptions {
  /** The default one, Keras' Adam, when absent. */
  readonly optimizer?: Optimizer;
  /** Moments and step to go on from; zero when absent. */
  readonly resume?: Pick<SessionState, 'moments' | 'step'>;
}

/** A network in training on one engine. */
export interface TrainingSession {
  /**
   * One optimizer update. The running statistics take this batch's: mean, and variance with Bessel's correction.
   *
   * @throws UserError `not-finite` when a parameter, a batch's statistics, the loss or a gradient is NaN or infinite; the
   *   weights are then as before
   * @throws RangeError when pictures or labels do not fit the graph
   */
  trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult>;
  /** Forward with the running statistics; nothing changes. */
  evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult>;
  readonly state: SessionState;
  dispose(): void;
}

export interface Engine {
  readonly name: 'native' | 'tensorflow' | 'javascript';
  /** For people: versions, device, threads. */
  readonly detail: string;
  /** @param parameters a value for each parameter of the graph; copied */
  createSession(graph: Graph, parameters: ReadonlyMap<string, Float32Array>, options?: SessionOptions): TrainingSession;
  /** Peak memory that training is expected to take, in bytes, the process included. */
  memoryBytes(graph: Graph, batchSize: number): number;
}
