/** What a network gave for a batch: [rows, width] row-major each. */
export interface OutputValues {
  readonly embedding?: Float32Array;
  readonly scores?: Float32Array;
}
export type OutputName = keyof OutputValues;

export interface LossResult {
  /** Summed over the rows, so that batches of different size add up; not finite where an output is not. */
  readonly lossSum: number;
  /** Rows whose highest score is the label's; of a loss that reads no scores 0, or what it says of its own. */
  readonly correct: number;
  /** d(mean loss of the rows)/d(output), of every output that the loss reads. */
  readonly gradients: OutputValues;
}

/** How far scale and margin of a loss have grown at a step, as shares: each from 0, the scale's above it, to 1. */
export interface LossRamp {
  readonly scale: number;
  readonly margin: number;
}

/** least ≤ value < below; Infinity where there is no end. */
export interface Range {
  readonly least: number;
  readonly below: number;
  /** What it grows with: a scale as a whole, a margin from the least, which is none. */
  readonly ramp?: keyof LossRamp;
}

/** A setting that is one of some words. */
export interface Choice {
  readonly choices: readonly string[];
}

/** What comes with a batch beside outputs and labels. */
export interface LossInput {
  /** [rows, width of the embedding], for a loss that needs them. */
  readonly targets?: Float32Array;
  /** What every score is multiplied by before it is looked at; 1 when absent. */
  readonly factor?: number;
}

/** One kind of loss. It is summed here and never by a node of a graph, so no engine and no exporter learns of it. */
export interface LossFunction<Kind extends { readonly kind: string }> {
  readonly reads: readonly OutputName[];
  /** Compares the embedding with one that comes with the batch. */
  readonly needsTargets?: true;
  readonly settings: { readonly [Name in Exclude<keyof Kind, 'kind'>]: Kind[Name] extends string ? Choice : Range };
  /**
   * @param labels [rows], each in [0, people)
   * @throws RangeError when a label, or the length of an output or of the targets, does not fit
   */
  compute(loss: Kind, outputs: OutputValues, labels: Int32Array, input: LossInput): LossResult;
}

/** The data that a kind of loss is. */
export type KindOf<F> = F extends LossFunction<infer Kind> ? Kind : never;
