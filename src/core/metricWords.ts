import type { Metric } from '../protocol/runEvents.js';
import type { RunState } from './runState.js';

/** What a validation's share is of: as the name of a number, in a line of text, and for a narrow column. */
export const METRIC_WORDS: Readonly<
  Record<Metric, { readonly name: string; readonly clause: string; readonly column: string }>
> = {
  accuracy: { name: 'Validation accuracy', clause: 'validation accuracy', column: 'Val. accuracy' },
  nearestNeighbour: { name: 'Nearest neighbour', clause: 'nearest neighbour right', column: 'Nearest neighb.' },
};

/** How a run is validated. Logs of 0.1.0 do not say it: there the split by identity does, with whose people no score can be right. */
export function metricOf({ run, epochs }: Pick<RunState, 'run' | 'epochs'>): Metric {
  return epochs.at(-1)?.metric ?? (run?.options.splitBy === 'identity' ? 'nearestNeighbour' : 'accuracy');
}
