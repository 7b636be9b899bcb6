/** Speed and expected end of a run, from the steps and validations it has made. */
export class Speedometer {
  private readonly recent: number[] = [];
  private validationSeconds: number | undefined;

  /** @param window steps that the estimate looks back on */
  constructor(private readonly window = 20) {}

  addStep(seconds: number): void {
    this.recent.push(seconds);
    if (this.recent.length > this.window) this.recent.shift();
  }

  /** What follows takes another time. */
  forgetSteps(): void {
    this.recent.length = 0;
  }

  addValidation(seconds: number): void {
    this.validationSeconds = seconds;
  }

  /**
   * Median of the recent steps: the first one, which allocates, and a moment in which the machine was busy count little.
   *
   * @param validationSteps how many training steps a validation takes, for before one was measured
   */
  etaSeconds(remainingSteps: number, remainingValidations: number, validationSteps: number): number {
    const sorted = [...this.recent].sort((a, b) => a - b);
    const step = sorted[sorted.length >> 1] ?? 0;
    return remainingSteps * step + remainingValidations * (this.validationSeconds ?? validationSteps * step);
  }
}
