import { Random } from '../core/random.js';

export interface Split {
  /** Picture numbers, ascending. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/**
 * Splits pictures at random, stratified: every person keeps the wished share in training as nearly as whole pictures
 * allow, at least one picture of everybody trains, and the total meets the wish (largest remainders first, ties by
 * lot). The same labels and seed give the same split everywhere.
 *
 * @param labels the person of each picture
 * @param share share that trains, in (0, 1)
 */
export function splitByPicture(labels: readonly number[], share: number, seed: number): Split {
  const random = Random.forPurpose(seed, 'split');
  const people = new Map<number, number[]>();
  labels.forEach((label, picture) => {
    const pictures = people.get(label);
    if (pictures) pictures.push(picture);
    else people.set(label, [picture]);
  });

  // A hair below the wish, so that 10 x (1 − 0.9) = 1 is not 0.9999999999999998.
  const quota = (count: number) => count * (1 - share) + 1e-9;
  const held = [...people.values()].map((pictures) => {
    const wish = Math.min(quota(pictures.length), pictures.length - 1);
    return { pictures: random.shuffle(pictures), count: Math.floor(wish), remainder: wish - Math.floor(wish) };
  });
  let missing = Math.floor(quota(labels.length)) - held.reduce((sum, { count }) => sum + count, 0);
  const byRemainder = random.shuffle([...held]).sort((a, b) => b.remainder - a.remainder);
  for (const person of byRemainder) {
    if (missing <= 0) break;
    if (person.count + 1 >= person.pictures.length) continue;
    person.count++;
    missing--;
  }
  const validation = held.flatMap(({ pictures, count }) => pictures.slice(0, count));
  const isHeld = new Set(validation);
  return {
    train: labels.map((_, picture) => picture).filter((picture) => !isHeld.has(picture)),
    validation: validation.sort((a, b) => a - b),
  };
}
