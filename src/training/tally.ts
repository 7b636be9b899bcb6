/** Sums over pictures, so that batches of different size weigh right. */
export class Tally {
  private loss = 0;
  private correct = 0;
  private images = 0;

  add(result: { lossSum: number; correct: number }, images: number): void {
    this.loss += result.lossSum;
    this.correct += result.correct;
    this.images += images;
  }
  get meanLoss(): number {
    return this.loss / Math.max(1, this.images);
  }
  get accuracy(): number {
    return this.correct / Math.max(1, this.images);
  }
}
