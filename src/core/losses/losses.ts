import { arcface } from './arcface.js';
import { combined } from './combined.js';
import { cosface } from './cosface.js';
import { distillation } from './distillation.js';
import type { KindOf, LossFunction, LossResult, OutputValues, Range } from './loss.js';
import { softmax } from './softmax.js';

/** Each kind has a file here, and one in the native engine that is fast. */
export const LOSSES = { softmax, cosface, arcface, combined, distillation };

type Kinds = { readonly [Kind in keyof typeof LOSSES]: KindOf<(typeof LOSSES)[Kind]> };
export type LossTable = { readonly [Kind in keyof Kinds]: LossFunction<Kinds[Kind]> };

/** A kind of loss and all its settings. */
export type Loss = Kinds[keyof Kinds];

export const DEFAULT_LOSS: Loss = { kind: 'softmax', labelSmoothing: 0 };

export function computeLoss<Kind extends keyof Kinds>(
  loss: Kinds[Kind] & { readonly kind: Kind },
  outputs: OutputValues,
  labels: Int32Array,
  targets?: Float32Array,
  table: LossTable = LOSSES,
): LossResult {
  return table[loss.kind].compute(loss, outputs, labels, targets);
}

/** @throws RangeError for a setting that is out of its range */
export function checkLoss<Kind extends keyof Kinds>(loss: Kinds[Kind] & { readonly kind: Kind }): void {
  const table: LossTable = LOSSES;
  const told = new Map<string, unknown>(Object.entries(loss));
  for (const [name, { least, below }] of Object.entries<Range>(table[loss.kind].settings)) {
    const value = told.get(name);
    if (!(typeof value === 'number' && value >= least && value < below))
      throw new RangeError(
        `${name} of the loss ${loss.kind} is ${String(value)}: from ${least} on, and below ${below}`,
      );
  }
}
