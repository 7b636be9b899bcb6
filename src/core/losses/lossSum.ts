import type { LossRamp, LossResult, OutputName, OutputValues, Range } from './loss.js';
import { checkLoss, computeLoss, hasScale, LOSSES, rampedLoss, type Loss, type LossTable } from './losses.js';

/** A loss in a sum. */
export interface LossTerm {
  readonly weight: number;
  readonly loss: Loss;
}

/** What training makes smaller, as data: a loss, or the weighted sum of several. */
export type TrainingLoss = Loss | readonly LossTerm[];

export const WEIGHT: Range = { least: 0, below: 1e6 };
const WHOLE: LossRamp = { scale: 1, margin: 1 };
/** kMostLossTerms in native/src/loss.h. */
export const MOST_TERMS = 4;

/** The sum of some losses, each times its weight, and its gradients. */
export class LossSum {
  readonly terms: readonly LossTerm[];
  /** What any of them reads, in the order of a graph's outputs. */
  readonly reads: readonly OutputName[];
  readonly needsTargets: boolean;

  /** @throws RangeError for none or too many losses, and for a setting or weight out of its range */
  constructor(
    loss: TrainingLoss,
    private readonly table: LossTable = LOSSES,
  ) {
    this.terms = 'kind' in loss ? [{ weight: 1, loss }] : loss;
    if (this.terms.length === 0 || this.terms.length > MOST_TERMS)
      throw new RangeError(`a sum of ${this.terms.length} losses, not of 1 to ${MOST_TERMS}`);
    for (const { weight, loss: own } of this.terms) {
      checkLoss(own);
      if (!(weight >= WEIGHT.least && weight < WEIGHT.below))
        throw new RangeError(`the weight of the loss ${own.kind} is ${weight}: from 0 on, and below ${WEIGHT.below}`);
    }
    const functions = this.terms.map(({ loss: own }) => table[own.kind]);
    const names: readonly OutputName[] = ['embedding', 'scores'];
    this.reads = names.filter((name) => functions.some(({ reads }) => reads.includes(name)));
    this.needsTargets = functions.some(({ needsTargets }) => needsTargets === true);
  }

  /**
   * The rows that are correct are told by the first loss that reads scores, else by the first. A loss whose outputs or targets are not
   * there is left out, which a step never asks for.
   *
   * @param ramp how far scales and margins have grown: a scale that has not makes the scores as much smaller
   */
  compute(
    outputs: OutputValues,
    labels: Int32Array,
    { targets, ramp = WHOLE }: { readonly targets?: Float32Array; readonly ramp?: LossRamp } = {},
  ): LossResult {
    let lossSum = 0;
    let correct: { readonly rows: number; readonly byScores: boolean } | undefined;
    const gradients: { -readonly [Name in OutputName]?: Float32Array } = {};
    for (const { weight, loss } of this.terms) {
      const { reads, needsTargets } = this.table[loss.kind];
      if (reads.some((name) => !outputs[name]) || (needsTargets && !targets)) continue;
      const input = { ...(targets && { targets }), ...(hasScale(loss) && { factor: ramp.scale }) };
      const own = computeLoss(rampedLoss(loss, ramp), outputs, labels, input, this.table);
      lossSum += weight * own.lossSum;
      const byScores = reads.includes('scores');
      if (!correct || (byScores && !correct.byScores)) correct = { rows: own.correct, byScores };
      for (const name of reads) {
        const [sum, more] = [gradients[name], own.gradients[name]!];
        if (sum) for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + weight * more[i]!;
        else gradients[name] = weight === 1 ? more : more.map((v) => weight * v);
      }
    }
    return { lossSum, correct: correct?.rows ?? 0, gradients };
  }
}

/** @throws RangeError for shares that are none */
export function checkRamp({ scale, margin }: LossRamp): void {
  if (!(scale > 0 && scale <= 1 && margin >= 0 && margin <= 1))
    throw new RangeError(`a ramp of ${scale} of the scale and ${margin} of the margin: shares from 0 to 1`);
}
