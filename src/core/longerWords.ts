import type { TrainingOptions } from '../protocol/options.js';

/** Epochs that a run which is complete is offered beside those that were planned. */
export const MORE_EPOCHS = 10;

/** What training longer than was planned does to the learning rate, in a sentence. */
export function longerWords(options: Pick<TrainingOptions, 'schedule'> | undefined): string {
  return options?.schedule === 'cosine'
    ? 'The learning rate, which had come down to zero, starts again on the longer curve: the first epochs may be worse.'
    : 'The learning rate stays as it is.';
}
