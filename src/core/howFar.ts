/** What is kept of a run. */
export interface Reached {
  /** Its newest checkpoint, by its path and the epochs before it. */
  readonly newest: { readonly path: string; readonly epoch: number } | undefined;
  /** Epochs planned. */
  readonly epochs: number;
  /** Pictures in a batch that would need about half the memory (`smallerBatch`). */
  readonly smaller?: number | undefined;
}

/** "after epoch 6 of 10": how far what is kept of a run goes, in the middle of a sentence. */
export function howFar({ newest, epochs }: Reached): string {
  if (!newest) return 'before its first checkpoint';
  if (/(?:^|\/)step-\d+$/.test(newest.path)) return `in epoch ${newest.epoch + 1} of ${epochs}`;
  return newest.epoch === 0 ? 'before its first epoch was finished' : `after epoch ${newest.epoch} of ${epochs}`;
}
