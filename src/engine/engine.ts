import type { EngineName } from '../protocol/engines.js';
import type { Graph, ParameterSpec } from '../graph/graph.js';
import type { SessionState } from '../graph/networkState.js';
import type { Observation, ObservationSettings, QuantizationSettings } from '../quantization/folding.js';
import type { LossRamp, LossResult, OutputName, OutputValues } from '../core/losses/loss.js';
import type { TrainingLoss } from '../core/losses/lossSum.js';
import { KERAS_ADAM, type AdamOptions } from '../core/adam.js';
import type { MomentumOptions } from '../core/momentum.js';

/** A batch as it comes from the dataset. */
export interface Batch {
  /**
   * [N, H, W, C], row-major. Bytes for a graph that reads pixels (RGB, 0..255; the engine scales them as the graph's input
   * says), floats for one that reads values.
   */
  readonly images: Uint8Array | Float32Array;
  /** [N], numbers of people. */
  readonly labels: Int32Array;
  /** [N, E]: what the embedding is compared with, where a loss does that; of any length. */
  readonly targets?: Float32Array;
}

/** What the loss says of a batch, and what the network gave, before any update. */
export interface BatchResult extends Pick<LossResult, 'lossSum' | 'correct'> {
  /** Of a step what its loss reads, of an evaluation what was asked for. */
  readonly outputs: OutputValues;
}

export interface StepSettings {
  readonly learningRate: number;
  /** Weight of the old running statistics of batch norm. */
  readonly batchNormMomentum: number;
  /** How far the loss's scale and margin have grown; whole when absent. An evaluation tells the loss at the whole ones. */
  readonly ramp?: LossRamp;
  /** Of what is left to chance in a step, which is dropout; 0 when absent. */
  readonly seed?: number;
  /** What of a quantized graph is at work; nothing when absent. */
  readonly quantization?: QuantizationSettings;
}

export interface EvaluationSettings {
  /** What the result is to hold beside the loss; the scores, where the network has any, when absent. */
  readonly wants?: readonly OutputName[];
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
  /**
   * What a step makes smaller; `DEFAULT_LOSS` when absent. An evaluation leaves out what reads outputs that the network lacks, or
   * targets that the batch lacks, and where nothing is left gives a loss of 0; no step is taken then. Parameters that lead to
   * nothing that it reads stay as they are.
   */
  readonly loss?: TrainingLoss;
  /** The default one, Keras' Adam, when absent. */
  readonly optimizer?: Optimizer;
  /** Before an update the gradients, all taken as one vector, are made no longer than this; as they are when absent or 0. */
  readonly clipNorm?: number;
  /** What the learning rate is multiplied by, by parameter name; 1 where nothing is said. */
  readonly learningRateFactors?: ReadonlyMap<string, number>;
  /** Moments and step to go on from; zero when absent. */
  readonly resume?: Pick<SessionState, 'moments' | 'step'>;
}

/** Columns of a matrix [rows, columns] and what the optimizer remembers of them, one column after the other: [columns, rows] each. */
export interface Columns {
  readonly values: Float32Array;
  /** The first moments, or with momentum the velocity. */
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export const COLUMN_PARTS = ['values', 'first', 'second'] as const satisfies readonly (keyof Columns)[];

/** A network in training on one engine. */
export interface TrainingSession {
  /**
   * One optimizer update. The running statistics take this batch's: mean, and variance with Bessel's correction.
   *
   * @throws UserError `not-finite` when a parameter, a batch's statistics, the loss or a gradient is NaN or infinite; the
   *   weights are then as before
   * @throws RangeError when pictures, labels or targets do not fit the graph, or graph or batch lack what the loss reads
   */
  trainStep(batch: Batch, settings: StepSettings): Promise<BatchResult>;
  /**
   * Forward with the running statistics; nothing changes. Scores that overflow are no reason to end a run: the loss is told as it
   * is, NaN or infinite, and no picture of such scores counts as correct. Whoever logs it leaves it out.
   *
   * @throws UserError `not-finite` when a parameter is NaN or infinite
   */
  evaluate(batch: Batch, settings?: EvaluationSettings): Promise<BatchResult>;
  /**
   * Evaluates with no activation rounded (kernels are where `active` says so) and tells what stands before every quantizer
   * of activations, in the order of `quantizersOf`; undefined for those of kernels.
   */
  observe(batch: Batch, settings: ObservationSettings): Promise<readonly (Observation | undefined)[]>;
  /** Everything that a later step depends on, after the steps asked for so far. The arrays may change with the next one. */
  readState(): Promise<SessionState>;
  /**
   * Moves every value of an average, which has one for each that trains here, by a share of the way to the session's own. The
   * arrays are changed in place.
   *
   * @param share 0..1
   */
  averageInto(average: ReadonlyMap<string, Float32Array>, share: number): Promise<void>;
  /**
   * Fills the columns of a matrix that trains, all of them; what no other way reads is that moments come along.
   *
   * @throws RangeError for another parameter, or arrays of another length
   */
  readColumns(parameter: string, into: Columns): Promise<void>;
  /** Sets them, values and moments; copied. */
  writeColumns(parameter: string, columns: Columns): void;
  /** Sets the values of some parameters; copied. */
  assign(values: ReadonlyMap<string, Float32Array>): void;
  dispose(): void;
}

export interface Engine {
  readonly name: EngineName;
  /** For people: versions, device, threads. */
  readonly detail: string;
  /** What numbers come of: engines of which it is the same compute the same bits. */
  readonly arithmetic: string;
  /** @param parameters a value for each parameter of the graph; copied */
  createSession(graph: Graph, parameters: ReadonlyMap<string, Float32Array>, options?: SessionOptions): TrainingSession;
  /** Peak memory that training is expected to take, in bytes, the process included. */
  memoryBytes(graph: Graph, batchSize: number): number;
}
