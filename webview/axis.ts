/** What the charts are drawn over. */
export type View = 'step' | 'epoch';

export type Quantity = 'loss' | 'accuracy';

/** A place on either axis. */
export interface Place {
  readonly step: number;
  readonly epoch: number;
}
