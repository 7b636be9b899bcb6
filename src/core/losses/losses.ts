import type { LossFunction, LossResult, OutputValues } from './loss.js';
import { softmax, type SoftmaxLoss } from './softmax.js';

/** What training makes smaller, as data. Each kind has a file here, and one in the native engine that is fast. */
export type Loss = SoftmaxLoss;

export const DEFAULT_LOSS: Loss = { kind: 'softmax', labelSmoothing: 0 };

export type LossTable = { readonly [Kind in Loss['kind']]: LossFunction<Extract<Loss, { kind: Kind }>> };

export const LOSSES: LossTable = { softmax };

export function computeLoss(loss: Loss, outputs: OutputValues, labels: Int32Array, table = LOSSES): LossResult {
  return table[loss.kind].compute(loss, outputs, labels);
}
