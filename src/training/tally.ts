import type { LoopState } from '../runs/loopState.js';

type Sums = LoopState['unfinished']['sums'];

/** Sums over pictures, so that batches of different size weigh right. */
export class Tally {
  private loss: number;
  private correct: number;
  private images: number;

  /** @param from what was added before */
  constructor(from: Sums = { loss: 0, correct: 0, images: 0 }) {
    ({ loss: this.loss, correct: this.correct, images: this.images } = from);
  }

  add(result: { lossSum: number; correct: number }, images: number): void {
    this.loss += result.lossSum;
    this.correct += result.correct;
    this.images += images;
  }
  get sums(): Sums {
    return { loss: this.loss, correct: this.correct, images: this.images };
  }
  get meanLoss(): number {
    return this.loss / Math.max(1, this.images);
  }
  get accuracy(): number {
    return this.correct / Math.max(1, this.images);
  }
}
