/** What a network gave for a batch: [rows, width] row-major each. */
export interface OutputValues {
  readonly embedding?: Float32Array;
  readonly scores?: Float32Array;
}
export type OutputName = keyof OutputValues;

export interface LossResult {
  /** Summed over the rows, so that batches of different size add up; not finite where an output is not. */
  readonly lossSum: number;
  /** Rows whose highest score is the label's; 0 for a loss that reads no scores. */
  readonly correct: number;
  /** d(mean loss of the rows)/d(output), of every output that the loss reads. */
  readonly gradients: OutputValues;
}

/** least ≤ value < below; Infinity where there is no end. */
export interface Range {
  readonly least: number;
  readonly below: number;
}

/** One kind of loss. It is summed here and never by a node of a graph, so no engine and no exporter learns of it. */
export interface LossFunction<Kind extends { readonly kind: string }> {
  readonly reads: readonly OutputName[];
  /** Compares the embedding with one that comes with the batch. */
  readonly needsTargets?: true;
  readonly settings: { readonly [Name in Exclude<keyof Kind, 'kind'>]: Range };
  /**
   * @param labels [rows], each in [0, people)
   * @param targets [rows, width of the embedding], for a loss that needs them
   * @throws RangeError when a label, or the length of an output or of the targets, does not fit
   */
  compute(loss: Kind, outputs: OutputValues, labels: Int32Array, targets?: Float32Array): LossResult;
}

/** The data that a kind of loss is. */
export type KindOf<F> = F extends LossFunction<infer Kind> ? Kind : never;
