/** What the charts are drawn over. */
export type View = 'step' | 'epoch';

export type Quantity = 'loss' | 'accuracy';

/** A place on either axis. */
export interface Place {
  readonly step: number;
  readonly epoch: number;
}

/** A part of the horizontal axis. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What both charts show, and how. */
export interface Shown {
  readonly view: View;
  /** All that there is where absent. */
  readonly range?: Range | undefined;
  /** 0 to 0.99: by how much the training's steps are smoothed. */
  readonly smoothing: number;
  /** Whether the loss has a logarithmic axis. */
  readonly log: boolean;
}

/** Smoothing where nobody chose another: a standard deviation of 1.6 % of what is shown. */
export const SMOOTHING = 0.4;
