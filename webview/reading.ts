import { formatLoss, formatPercent } from '../src/core/format.js';
import type { Quantity, View } from './axis.js';
import type { Reading } from './curves.js';

/** What a place in a chart reads, to be seen and to be heard. */
export interface ReadingWords {
  readonly title: string;
  /** Names with their numbers. */
  readonly rows: readonly (readonly [name: string, value: string])[];
  /** "Step 420, loss 1.09, validation 1.76" */
  readonly spoken: string;
}

/** @param validationName what the validation's line is called */
export function readingWords(
  { own, validation }: Reading,
  quantity: Quantity,
  view: View,
  validationName: string,
): ReadingWords {
  const count = (x: number) => x.toLocaleString('en-US');
  const title = `${view === 'step' ? 'Step' : 'Epoch'} ${count(own.x)}`;
  const value = quantity === 'loss' ? formatLoss : formatPercent;
  const brief = quantity === 'loss' ? (loss: number) => String(Number(loss.toPrecision(3))) : formatPercent;
  const when = validation && validation.x !== own.x ? ` (${view} ${count(validation.x)})` : '';
  const spoken = [title, `${quantity} ${brief(own.y)}`];
  if (validation) spoken.push(`${validationName.toLowerCase()} ${brief(validation.y)}`);
  return {
    title,
    rows: [
      ['Training', value(own.y)],
      ...(validation ? [[`${validationName}${when}`, value(validation.y)] as const] : []),
    ],
    spoken: spoken.join(', '),
  };
}
