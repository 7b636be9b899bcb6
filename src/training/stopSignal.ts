/** Asked between batches: a run ends of its own accord after the one at hand. */
export class StopSignal {
  private asked = false;

  get requested(): boolean {
    return this.asked;
  }

  request(): void {
    this.asked = true;
  }
}
