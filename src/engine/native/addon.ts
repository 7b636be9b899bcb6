import type { OutputName } from '../../core/losses/loss.js';
import type { LossTerm } from '../../core/losses/lossSum.js';
import type { AdamOptions } from '../../core/adam.js';
import type { MomentumOptions } from '../../core/momentum.js';
import type { StepSettings } from '../engine.js';
import type { Observation } from '../../quantization/folding.js';
import type { ModelDescription, PlanDescription } from './description.js';

/** A network in native memory. */
export interface SessionHandle {
  readonly instructionSet: string;
  readonly threads: number;
}

export interface NotFinite {
  readonly where: 'parameter' | 'statistics' | 'loss' | 'gradient';
  /** Of the parameter, or of the batch norm for `statistics`. */
  readonly index: number;
}

export type StepOutcome =
  | { readonly notFinite: NotFinite }
  | {
      readonly notFinite?: undefined;
      readonly lossSum: number;
      readonly correct: number;
      /** [batch, channels]; what was wanted and the plan gives. */
      readonly scores?: Float32Array;
      readonly embedding?: Float32Array;
      /** By quantizer; of those of kernels nothing is counted. */
      readonly observations?: readonly Observation[];
    };

/** Outputs that a result is to hold. */
type Wants = { readonly [Output in OutputName]: boolean };

/** What a step is told beside its batch. `active` has a flag for each quantizer. */
export type RunSettings = {
  readonly active: Uint8Array;
  /** [batch, width of the embedding]: a step of a loss that needs them has them, an evaluation may. */
  readonly targets?: Float32Array;
} & (
  | (Wants & {
      readonly train: true;
      /** Negative: ranges stay. */
      readonly rangeMomentum: number;
      readonly frozenBatchNorm: boolean;
    } & Required<Omit<StepSettings, 'quantization'>>)
  | (Wants & { readonly train: false })
  | { readonly train: false; readonly observe: true; readonly limits: Float32Array; readonly bins: number }
);

type MoveColumns = (
  session: SessionHandle,
  parameter: number,
  rows: number,
  values: Float32Array,
  first: Float32Array,
  second: Float32Array,
) => void;

/**
 * The native engine (native/src/addon.cc). Whatever does not fit is refused with a RangeError, and a session that
 * computes a step refuses everything but its disposal.
 */
export interface NativeAddon {
  /** Those this processor runs, best first. */
  instructionSets(): string[];
  /** Multiply-adds a second that the processor reaches at most, in units of 1e9; takes a moment. For benchmarks. */
  arithmeticLimit(wish: { readonly instructionSet: string; readonly threads: number }): number;
  createSession(
    model: ModelDescription & {
      readonly threads: number;
      /** The best one when empty. */
      readonly instructionSet: string;
      readonly loss: readonly LossTerm[];
      readonly optimizer: { readonly clipNorm: number } & (
        | ({ readonly kind: 'adam'; readonly weightDecay: number } & AdamOptions)
        | ({ readonly kind: 'sgd' } & MomentumOptions)
      );
    },
  ): SessionHandle;
  /** Sets the whole state. The arrays hold every parameter, end to end. */
  write(
    session: SessionHandle,
    parameters: Float32Array,
    first: Float32Array,
    second: Float32Array,
    step: number,
  ): void;
  /** Copies of the whole state, and the gradients of the last step. */
  read(session: SessionHandle): {
    readonly parameters: Float32Array;
    readonly first: Float32Array;
    readonly second: Float32Array;
    readonly gradients: Float32Array;
    readonly step: number;
  };
  /** Fills the columns of a parameter [rows, columns], and of its moments, one after the other: [columns, rows] each. */
  readonly readColumns: MoveColumns;
  /** Sets them. */
  readonly writeColumns: MoveColumns;
  /** Moves every value of the averages, an array for each parameter, by a share of the way to the session's own. */
  averageInto(session: SessionHandle, averages: readonly Float32Array[], share: number): void;
  addPlan(session: SessionHandle, plan: PlanDescription): number;
  /** Seconds that each operation of a plan has taken so far, forward and then backward. */
  times(session: SessionHandle, plan: number): number[];
  run(
    session: SessionHandle,
    plan: number,
    images: Uint8Array | Float32Array,
    labels: Int32Array,
    settings: RunSettings,
  ): Promise<StepOutcome>;
  dispose(session: SessionHandle): void;
}

/** @throws whatever the dynamic loader says */
export function loadAddon(file: string): NativeAddon {
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, file);
  return module.exports as NativeAddon;
}
