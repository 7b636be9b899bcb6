import { arcface } from './arcface.js';
import { combined } from './combined.js';
import { cosface } from './cosface.js';
import { distillation } from './distillation.js';
import type { Choice, KindOf, LossFunction, LossInput, LossRamp, LossResult, OutputValues, Range } from './loss.js';
import { softmax } from './softmax.js';
import { triplet } from './triplet.js';

/** Each kind has a file here, and one in the native engine that is fast. */
export const LOSSES = { softmax, cosface, arcface, combined, distillation, triplet };

type Kinds = { readonly [Kind in keyof typeof LOSSES]: KindOf<(typeof LOSSES)[Kind]> };
export type LossTable = { readonly [Kind in keyof Kinds]: LossFunction<Kinds[Kind]> };

/** A kind of loss and all its settings. */
export type Loss = Kinds[keyof Kinds];

export const DEFAULT_LOSS: Loss = { kind: 'softmax', labelSmoothing: 0 };

export function computeLoss<Kind extends keyof Kinds>(
  loss: Kinds[Kind] & { readonly kind: Kind },
  outputs: OutputValues,
  labels: Int32Array,
  input: LossInput = {},
  table: LossTable = LOSSES,
): LossResult {
  return table[loss.kind].compute(loss, outputs, labels, input);
}

/** @throws RangeError for a setting that is out of its range */
export function checkLoss<Kind extends keyof Kinds>(loss: Kinds[Kind] & { readonly kind: Kind }): void {
  const told = new Map<string, unknown>(Object.entries(loss));
  for (const [name, setting] of settingsOf(loss)) {
    const value = told.get(name);
    if ('choices' in setting) {
      if (!setting.choices.some((choice) => choice === value))
        throw new RangeError(`${name} of the loss ${loss.kind} is ${String(value)}: ${setting.choices.join(' or ')}`);
      continue;
    }
    const { least, below } = setting;
    if (!(typeof value === 'number' && value >= least && value < below))
      throw new RangeError(
        `${name} of the loss ${loss.kind} is ${String(value)}: from ${least} on, and below ${below}`,
      );
  }
}

/** What a loss is when its settings have grown so far; itself where none of them grows. Whole at shares of 1, to the bit. */
export function rampedLoss<L extends Loss>(loss: L, ramp: LossRamp): L {
  const told = new Map<string, unknown>(Object.entries(loss));
  const grown: Record<string, number> = {};
  for (const [name, setting] of settingsOf(loss)) {
    if ('choices' in setting) continue;
    const { least, ramp: grows } = setting;
    if (!grows || ramp[grows] === 1) continue;
    const [value, share] = [told.get(name) as number, ramp[grows]];
    grown[name] = grows === 'scale' ? value * share : least + (value - least) * share;
  }
  return { ...loss, ...grown };
}

/** Whether its scores are multiplied by a scale that grows. */
export function hasScale(loss: Loss): boolean {
  return settingsOf(loss).some(([, setting]) => 'ramp' in setting && setting.ramp === 'scale');
}

/** Each with what it may be. */
function settingsOf({ kind }: Loss): [name: string, Range | Choice][] {
  return Object.entries<Range | Choice>(LOSSES[kind].settings);
}
