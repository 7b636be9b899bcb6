import type { Recognizers } from '../recognizers.js';

interface OwnChange {
  /** When it was done and what, as the recognizer remembers it. */
  readonly key: string;
  /** What it was about: a picture of the page. */
  readonly about: string;
  readonly words: string;
}

/**
 * What was changed in a recognizer from one page. It may be taken back from anywhere, and other changes may come on top: only what
 * still stands counts, and a page offers to take back only what was done on it.
 */
export class OwnChanges {
  private changes: readonly OwnChange[] = [];

  constructor(
    private readonly recognizers: Recognizers,
    private readonly folder: string,
  ) {}

  /** The newest change of the recognizer was made here. */
  remember(about: string, words: string): void {
    const [key] = this.keys.slice(-1);
    if (key !== undefined) this.changes = [...this.changes, { key, about, words }];
  }

  forget(): void {
    this.changes = [];
  }

  /** What was said last of each picture, in words. */
  get words(): ReadonlyMap<string, string> {
    const standing = new Set(this.keys);
    return new Map(this.changes.filter(({ key }) => standing.has(key)).map(({ about, words }) => [about, words]));
  }

  /** The change that undo would take back, as a sentence without a full stop; absent where it was not made here. */
  get last(): { lastChange?: string } {
    const [newest] = this.keys.slice(-1);
    const lastChange = this.recognizers.record(this.folder)?.history.at(-1)?.done;
    const own = this.changes.some(({ key }) => key === newest);
    return own && lastChange !== undefined ? { lastChange } : {};
  }

  private get keys(): string[] {
    return (this.recognizers.record(this.folder)?.history ?? []).map(({ at, done }) => `${at} ${done}`);
  }
}
