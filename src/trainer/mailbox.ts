/** What comes in while a job runs and is taken out by it, one at a time. */
export class Mailbox<T> {
  private readonly letters: T[] = [];
  private isClosed = false;
  private wake: () => void = () => undefined;

  put(letter: T): void {
    this.letters.push(letter);
    this.wake();
  }

  /** Nothing more is taken out. */
  close(): void {
    this.isClosed = true;
    this.wake();
  }

  /** The next letter, however long ago it came; `idle` where none comes in time, `closed` where none is wanted any more. */
  async next(patienceMs: number): Promise<T | 'idle' | 'closed'> {
    if (!this.isClosed && this.letters.length === 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        timer = setTimeout(resolve, patienceMs);
      });
      clearTimeout(timer);
    }
    if (this.isClosed) return 'closed';
    return this.letters.shift() ?? 'idle';
  }
}
