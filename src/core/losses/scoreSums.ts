import { marginCosine } from './angularMargin.js';
import type { Loss } from './losses.js';

/** A loss that compares a picture's score of its own person with the others'. */
export type PeopleLoss = Exclude<Loss, { readonly kind: 'distillation' | 'triplet' }>;

/** What a loss makes of the own person's score before it takes the softmax. */
export function ownScore(loss: PeopleLoss, score: number): number {
  switch (loss.kind) {
    case 'softmax':
      return score;
    case 'cosface':
      return score - loss.scale * loss.margin;
    case 'arcface':
      return loss.scale * marginCosine(score / loss.scale, { m1: 1, m2: loss.margin, m3: 0 }).value;
    case 'combined':
      return loss.scale * marginCosine(score / loss.scale, loss).value;
  }
}

/** Which scores come. */
export interface ScoredClasses {
  /** The first of the classes, and how many there are. */
  readonly from: number;
  readonly classes: number;
  /** Of these the first so many came before. */
  readonly again: number;
  /** The first of the rows. */
  readonly row: number;
}

/**
 * A loss of people whose scores come some classes at a time, because all of them together take too much memory: the sum of the others'
 * exponentials by a maximum that grows. In float64; the order of the classes is theirs.
 */
export class ScoreSums {
  private readonly own: Float64Array;
  private readonly others: Float64Array;
  /** Of all scores that came, the highest of all, and whose. */
  private readonly highest: Float64Array;
  private readonly best: Int32Array;

  constructor(
    private readonly loss: PeopleLoss,
    private readonly labels: Int32Array,
  ) {
    this.own = new Float64Array(labels.length).fill(NaN);
    this.others = new Float64Array(labels.length);
    this.highest = new Float64Array(labels.length).fill(-Infinity);
    this.best = new Int32Array(labels.length).fill(-1);
  }

  /** @param scores [rows, classes] */
  add(scores: Float32Array, { from, classes, again, row }: ScoredClasses): void {
    for (let i = 0; i < scores.length / classes; i++)
      this.addRow(row + i, scores.subarray(i * classes + again, (i + 1) * classes), from + again);
  }

  /** @param first class of the scores */
  private addRow(row: number, scores: Float32Array, first: number): void {
    const label = this.labels[row]! - first;
    const before = this.highest[row]!;
    let highest = before;
    for (let c = 0; c < scores.length; c++)
      if (scores[c]! > highest) {
        highest = scores[c]!;
        this.best[row] = first + c;
      }
    let sum = before === -Infinity ? 0 : this.others[row]! * Math.exp(before - highest);
    for (let c = 0; c < scores.length; c++) if (c !== label) sum += Math.exp(scores[c]! - highest);
    this.others[row] = sum;
    this.highest[row] = highest;
    if (label >= 0 && label < scores.length) this.own[row] = scores[label]!;
  }

  /** When all classes have come: summed over the rows, and which rows have the highest score with their own person. */
  get result(): { lossSum: number; correct: number; right: readonly boolean[] } {
    let lossSum = 0;
    const right: boolean[] = [];
    this.labels.forEach((label, row) => {
      const own = ownScore(this.loss, this.own[row]!);
      const highest = Math.max(this.highest[row]!, own);
      const sum = this.others[row]! * Math.exp(this.highest[row]! - highest) + Math.exp(own - highest);
      const loss = Math.log(sum) + highest - own;
      lossSum += loss;
      right.push(this.best[row] === label && Number.isFinite(loss));
    });
    return { lossSum, correct: right.filter(Boolean).length, right };
  }
}
