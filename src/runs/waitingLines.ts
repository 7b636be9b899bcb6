/** About 4 MB: at a hundred steps a second, those of three minutes in full. */
const MOST_STEPS = 20_000;

/** Lines of a log that are not on the disk yet. */
export class WaitingLines {
  /** What must not be lost. */
  readonly owed: string[] = [];
  readonly steps: string[] = [];
  private lost = 0;

  constructor(private readonly mostSteps = MOST_STEPS) {}

  /** Of so many steps that memory would run out, every second of the older half is given up: the newest stay in full. */
  add(line: string, isStep: boolean): void {
    (isStep ? this.steps : this.owed).push(line);
    if (this.steps.length <= this.mostSteps) return;
    const older = this.steps.splice(0, this.mostSteps >> 1);
    const kept = older.filter((_, i) => i % 2 === 0);
    this.lost += older.length - kept.length;
    this.steps.unshift(...kept);
  }

  get thinned(): number {
    return this.lost;
  }
}
