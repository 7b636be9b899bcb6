import type { Graph, ParameterSpec } from '../graph/graph.js';
import type { SessionState } from '../graph/networkState.js';
import type { Observation, ObservationSettings, QuantizationSettings } from '../quantization/folding.js';
import { KERAS_ADAM, type AdamOptions } from '../core/adam.js';
import type { MomentumOptions } from '../core/momentum.js';

/** A batch as it comes from the dataset. */
export interface Batch {
  /**
   * [N, H, W, C], row-major. Bytes for a graph that reads pixels (RGB, 0..255; the engine scales them to
   * x / 127.5 − 1), floats for one that reads values.
   */
  readonly images: Uint8Array | Float32Array;
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

export interface StepSettings {
  readonly learningRate: number;
  /** Weight of the old running statistics of batch norm. */
  readonly batchNormMomentum: number;
  /**
   * Share of the wished probability that is spread evenly over all classes (Szegedy et al. 2016, section 7); none when
   * absent. It is in the gradient; the loss that is told stays the plain cross-entropy.
   */
  readonly labelSmoothing?: number;
  /** Of what is left to chance in a step, which is dropout; 0 when absent. */
  readonly seed?: number;
  /** What of a quantized graph is at work; nothing when absent. */
  readonly quantization?: QuantizationSettings;
}

export interface EvaluationSettings {
  readonly embeddings?: boolean;
  readonly quantization?: Pick<QuantizationSettings, 'active'>;
}

export type Optimizer =
  | ({
      readonly kind: 'adam';
      /**
       * Decoupled weight decay (Loshchilov and Hutter 2019): before each update the kernels lose this share of the
       * learning rate of themselves. Batch norm and biases lose nothing. 0 when absent.
       */
      readonly weightDecay?: number;
    } & AdamOptions)
  | ({ readonly kind: 'sgd' } & MomentumOptions);

export const DEFAULT_OPTIMIZER: Optimizer = { kind: 'adam', ...KERAS_ADAM };

/** Whether weight decay takes from a parameter: kernels only. */
export function decays({ shape, trainable }: ParameterSpec): boolean {
  return trainable && shape.length > 1;
}

export interface SessionOptions {
  /** The default one, Keras' Adam, when absent. */
  readonly optimizer?: Optimizer;
  /** What the learning rate is multiplied by, by parameter name; 1 where nothing is said. */
  readonly learningRateFactors?: ReadonlyMap<string, number>;
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
  /**
   * Evaluates with no activation rounded (kernels are where `active` says so) and tells what stands before every quantizer
   * of activations, in the order of `quantizersOf`; undefined for those of kernels.
   */
  observe(batch: Batch, settings: ObservationSettings): Promise<readonly (Observation | undefined)[]>;
  readonly state: SessionState;
  /** Sets the values of some parameters; copied. */
  assign(values: ReadonlyMap<string, Float32Array>): void;
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
