import type { Random } from '../core/random.js';
import { rowsByPerson } from './gallery.js';

/** Products that an evaluation may take for one set, about five seconds. */
export const MOST_PRODUCTS = 5e9;
/** Of one person: more pictures say little more of him. */
const MOST_OF_A_PERSON = 1000;

/**
 * Rows to try, whole people by chance, until a budget is spent: what is counted by people stays right for those who were drawn.
 * At least one person, and of nobody more than 1,000 pictures.
 *
 * @param most rows
 */
export function sampleRows(people: readonly string[], most: number, random: Random): number[] {
  const groups = [...rowsByPerson(people).values()];
  if (people.length <= most && groups.every((rows) => rows.length <= MOST_OF_A_PERSON))
    return people.map((_, row) => row);
  const sampled: number[] = [];
  for (const rows of random.shuffle(groups)) {
    if (sampled.length >= most) break;
    const some = rows.length <= MOST_OF_A_PERSON ? rows : random.shuffle([...rows]).slice(0, MOST_OF_A_PERSON);
    sampled.push(...some);
  }
  return sampled.sort((a, b) => a - b);
}

/** So many pictures of each person, chosen by chance; of somebody with no more than that all but one, so that one is left to try. */
export function drawEnrolled(people: readonly string[], pictures: number, random: Random): boolean[] {
  const enrolled = people.map(() => false);
  const groups = rowsByPerson(people);
  for (const person of [...groups.keys()].sort()) {
    const rows = random.shuffle([...groups.get(person)!]);
    for (const row of rows.slice(0, Math.max(1, Math.min(pictures, rows.length - 1)))) enrolled[row] = true;
  }
  return enrolled;
}
