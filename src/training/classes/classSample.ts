import { Random } from '../../core/random.js';
import { PAGE_PEOPLE } from '../../runs/pageTable.js';

/** Classes that are drawn together: those of a page are read and written by one call of the system. */
export const BLOCK = PAGE_PEOPLE;

/**
 * Which classes a step trains: those of its pictures, and others by lot until there are `count` (Partial FC, An et al. 2021, section
 * 3.2). Every other class has the same chance; they come in blocks of neighbours. A function of seed and step: a run that goes on
 * draws what it would have drawn.
 *
 * @param labels of the batch
 * @param count no less than the different labels
 * @param total of all classes, no less than `count`
 * @param step updates before this one
 * @returns `count` numbers, ascending
 */
export function drawClasses(labels: Int32Array, count: number, total: number, seed: number, step: number): Int32Array {
  const drawn = new Set(labels);
  if (drawn.size > count || count > total)
    throw new RangeError(`${count} classes of ${total}, ${drawn.size} of which are the batch’s`);
  const random = Random.forPurpose(seed, `classes ${step}`);
  const blocks = Math.ceil(total / BLOCK);
  // Fisher and Yates, of which only the beginning is drawn: place by place what another place has become.
  const moved = new Map<number, number>();
  for (let taken = 0; drawn.size < count; taken++) {
    const at = taken + random.integer(blocks - taken);
    const block = moved.get(at) ?? at;
    moved.set(at, moved.get(taken) ?? taken);
    addBlock(drawn, block, count, total, random);
  }
  return Int32Array.from(drawn).sort();
}

/** Of the last block only some fit: from any of its classes on, so that none comes more seldom than others. */
function addBlock(drawn: Set<number>, block: number, count: number, total: number, random: Random): void {
  const first = block * BLOCK;
  const length = Math.min(BLOCK, total - first);
  const start = random.integer(length);
  for (let i = 0; i < length && drawn.size < count; i++) drawn.add(first + ((start + i) % length));
}

/** The place of each label among classes that ascend. */
export function placesOf(labels: Int32Array, classes: Int32Array): Int32Array {
  const places = new Map(Array.from(classes, (label, place) => [label, place]));
  return labels.map((label) => places.get(label)!);
}
