import type { Random } from '../core/random.js';
import { cutBatches } from './batches.js';

/** How batches are made up; see `sampler` of the training options. */
export type Sampler = 'shuffle' | { readonly people: number; readonly pictures: number };

/** Draws the batches of one epoch. */
export function drawBatches(
  pictures: readonly number[],
  labels: ArrayLike<number>,
  sampler: Sampler,
  batchSize: number,
  random: Random,
): number[][] {
  if (sampler === 'shuffle') return cutBatches(random.shuffle([...pictures]), batchSize);
  return drawByPeople(pictures, labels, sampler, random);
}

/** Number of batches that {@link drawBatches} gives for people x pictures. */
export function peopleBatchCount(pictures: number, { people, pictures: each }: Exclude<Sampler, 'shuffle'>): number {
  return Math.max(1, Math.floor(pictures / (people * each)));
}

/**
 * P people x K pictures of each (Hermans et al. 2017, section 2): as many batches as the pictures fill. In each the people
 * are different ones; all have their turn before one comes again. A person's pictures come round in the same way; only
 * somebody with fewer than K has the same one more than once in a batch.
 */
function drawByPeople(
  pictures: readonly number[],
  labels: ArrayLike<number>,
  sampler: Exclude<Sampler, 'shuffle'>,
  random: Random,
): number[][] {
  const byPerson = new Map<number, number[]>();
  for (const picture of pictures) {
    const own = byPerson.get(labels[picture]!);
    if (own) own.push(picture);
    else byPerson.set(labels[picture]!, [picture]);
  }
  const people = new Rounds(
    [...byPerson.keys()].sort((a, b) => a - b),
    random,
  );
  const rounds = new Map([...byPerson].map(([person, own]) => [person, new Rounds(own, random)]));
  const wide = Math.min(sampler.people, byPerson.size);
  return Array.from({ length: peopleBatchCount(pictures.length, sampler) }, () =>
    people.take(wide).flatMap((person) => rounds.get(person)!.take(sampler.pictures)),
  );
}

/** Gives items in random order, all of them before one comes again. */
class Rounds {
  private waiting: number[] = [];

  constructor(
    private readonly items: readonly number[],
    private readonly random: Random,
  ) {}

  /** Different ones as long as there are enough. */
  take(count: number): number[] {
    const taken: number[] = [];
    while (taken.length < count) {
      if (this.waiting.length === 0) this.waiting = this.random.shuffle([...this.items]);
      const at = this.waiting.findIndex((item) => !taken.includes(item));
      // At the seam of two rounds what was just taken waits; who has too few items gives some again.
      taken.push(...this.waiting.splice(Math.max(0, at), 1));
    }
    return taken;
  }
}
