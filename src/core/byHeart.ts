import type { EventOf } from '../protocol/runEvents.js';

/** So many times in a row the loss of new pictures has to grow: once or twice is chance. */
export const GROWN_EPOCHS = 3;

type Losses = Pick<EventOf<'epoch'>, 'loss' | 'valLoss'>;

/** Whether the validation loss grew from each to the next of the last epochs, so often. An epoch without one (it was not finite) ends it. */
export function hasGrown(epochs: readonly Losses[], often = GROWN_EPOCHS): boolean {
  const last = epochs.slice(-often - 1).map(({ valLoss }) => valLoss ?? NaN);
  return last.length > often && last.every((loss, i) => i === 0 || loss > last[i - 1]!);
}

/**
 * From which epoch on a run only learns its own pictures by heart: behind the best one, and behind the lowest validation loss, that
 * loss grew for three epochs in a row, while the training loss fell. A loss that sinks below that lowest later on takes it back.
 *
 * @param best one of them
 * @returns undefined where it does not
 */
export function byHeartFrom<Epoch extends Losses>(
  epochs: readonly Epoch[],
  best: Epoch | undefined,
): Epoch | undefined {
  let from = Math.max(0, best ? epochs.indexOf(best) : 0);
  epochs.forEach(({ valLoss = Infinity }, i) => {
    if (i > from && valLoss <= (epochs[from]!.valLoss ?? Infinity)) from = i;
  });
  const last = epochs.at(-1);
  if (!last || last.loss >= epochs[from]!.loss) return undefined;
  for (let end = from + GROWN_EPOCHS + 1; end <= epochs.length; end++)
    if (hasGrown(epochs.slice(end - GROWN_EPOCHS - 1, end))) return epochs[from];
  return undefined;
}
