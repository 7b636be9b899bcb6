import { formatCount } from '../core/format.js';
import type { Dataset } from '../dataset/dataset.js';
import type { ToldEvent } from '../protocol/runEvents.js';

/** Of fewer nothing is known but that they did not suffice, up to 1,442 (docs/recognition.md, "A student of another network"). */
const ENOUGH = 10_000;

/** What is to be known before a student of another network begins: how many people it sees, and where they are few, what serves better. */
export function fewPeople({ people, unnamed }: Pick<Dataset, 'people' | 'unnamed'>): ToldEvent | undefined {
  if (!unnamed && people.length >= ENOUGH) return undefined;
  const seen = unnamed
    ? 'How many people the student sees is not known, since the folder gives no names.'
    : `The student sees ${formatCount(people.length, 'person', 'people')}, which is few.`;
  return {
    ...{ type: 'warning', code: 'people-few' },
    message: `${seen} With the pictures of 150 to 1,442 people students told 90 to 92 % of other people’s pairs right, the face network 99 %.`,
    advice:
      'Every epoch says how it does on people left out. Where that is not enough, take the face network itself in int8 ' +
      '(1.3 MB): quantize a checkpoint of it (“face-trainer qat”) and export it with --precision int8.',
  };
}
