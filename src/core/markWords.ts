import type { EventOf } from '../protocol/runEvents.js';

/** What begins with each mark of quantization: a few words for a line in a chart, and a clause for a line of text. */
export const MARK_WORDS: Readonly<
  Record<EventOf<'mark'>['name'], { readonly short: string; readonly clause: string }>
> = {
  calibration: { short: 'calibrated', clause: 'ranges of the activations are found' },
  weights: { short: 'kernels int8', clause: 'kernels are rounded' },
  activations: { short: 'activations int8', clause: 'activations are rounded' },
  batchNormFrozen: { short: 'batch norm frozen', clause: 'batch norm keeps its statistics' },
  rangesFrozen: { short: 'ranges frozen', clause: 'ranges stay as they are' },
};
