import { Random } from '../core/random.js';

export interface Split {
  /** Picture numbers, ascending. */
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/** Pictures that have to stay together: copies of each other. */
export type Together = readonly (readonly number[])[];

/** What is split as a whole: a picture with its copies, or a person. */
interface Unit {
  readonly members: readonly number[];
}

/**
 * Splits pictures at random, stratified: every person keeps the wished share in training as nearly as whole pictures
 * allow, at least one picture of everybody trains, and the total meets the wish (largest remainders first, ties by
 * lot). Copies of a picture stay on one side, for which a person's share may be missed by the size of one group. The same
 * labels and seed give the same split everywhere.
 *
 * @param labels the person of each picture
 * @param share share that trains, in (0, 1)
 * @param together groups that stay on one side; those that reach over two people train
 */
export function splitByPicture(labels: readonly number[], share: number, seed: number, together: Together = []): Split {
  const random = Random.forPurpose(seed, 'split');
  const people = new Map<number, Unit[]>();
  for (const unit of unitsOf(labels.length, together)) {
    const owner = labels[unit.members[0]!]!;
    // What is under two people trains: it could leave one of them without a picture, and would be counted wrong anyway.
    if (unit.members.some((picture) => labels[picture] !== owner)) continue;
    const units = people.get(owner);
    if (units) units.push(unit);
    else people.set(owner, [unit]);
  }

  // A hair below the wish, so that 10 x (1 − 0.9) = 1 is not 0.9999999999999998.
  const quota = (count: number) => count * (1 - share) + 1e-9;
  const held = [...people.values()].map((units) => {
    const pictures = sizeOf(units);
    const wish = Math.min(quota(pictures), pictures - 1);
    return { units: random.shuffle(units), pictures, wish, count: 0, taken: 0 };
  });
  for (const person of held) takeUpTo(person, Math.floor(person.wish));
  let missing = Math.floor(quota(labels.length)) - held.reduce((sum, { taken }) => sum + taken, 0);
  const remainder = (person: (typeof held)[number]) => person.wish - person.taken;
  const byRemainder = random.shuffle([...held]).sort((a, b) => remainder(b) - remainder(a));
  for (const person of byRemainder) {
    if (missing <= 0) break;
    const size = person.units[person.count]?.members.length ?? Infinity;
    if (size > missing || person.taken + size >= person.pictures) continue;
    person.count++;
    person.taken += size;
    missing -= size;
  }
  return sides(
    labels.length,
    held.flatMap(({ units, count }) => units.slice(0, count)),
  );
}

/** Takes units while they fit. */
function takeUpTo(person: { units: Unit[]; count: number; taken: number }, most: number): void {
  // Smaller groups move forward where a large one would not fit.
  for (let i = 0; i < person.units.length && person.taken < most; i++) {
    const unit = person.units[i]!;
    if (person.taken + unit.members.length > most) continue;
    person.units.splice(i, 1);
    person.units.splice(person.count++, 0, unit);
    person.taken += unit.members.length;
  }
}

/**
 * Splits people at random (open-set): those in validation are strangers to the network. People who share a copy of a picture
 * go together. At least one person stays on each side.
 *
 * @param share share of the pictures that trains, met as nearly as whole people allow from below
 */
export function splitByIdentity(
  labels: readonly number[],
  share: number,
  seed: number,
  together: Together = [],
): Split {
  const random = Random.forPurpose(seed, 'split');
  const people = [...new Set(labels)].sort((a, b) => a - b);
  const place = new Map(people.map((person, i) => [person, i]));
  const groups = together.map((group) => [...new Set(group.map((picture) => place.get(labels[picture]!)!))]);
  const byPerson = people.map((): number[] => []);
  labels.forEach((label, picture) => byPerson[place.get(label)!]!.push(picture));
  const units = unitsOf(people.length, groups).map(({ members }) => ({
    members: members.flatMap((i) => byPerson[i]!),
  }));
  random.shuffle(units);
  const most = Math.max(1, Math.floor(labels.length * (1 - share) + 1e-9));
  const validation: Unit[] = [];
  let taken = 0;
  for (const unit of units) {
    if (validation.length + 1 >= units.length) break;
    if (taken + unit.members.length > most) continue;
    validation.push(unit);
    taken += unit.members.length;
  }
  // When everybody has more pictures than the wish: the one with the fewest.
  if (validation.length === 0 && units.length > 1)
    validation.push(units.reduce((least, unit) => (unit.members.length < least.members.length ? unit : least)));
  return sides(labels.length, validation);
}

function sides(count: number, validation: readonly Unit[]): Split {
  const held = new Uint8Array(count);
  for (const { members } of validation) for (const member of members) held[member] = 1;
  const all = Array.from({ length: count }, (_, i) => i);
  return { train: all.filter((i) => !held[i]), validation: all.filter((i) => held[i]) };
}

/** Single items and groups; groups that share a member become one. */
function unitsOf(count: number, together: Together): Unit[] {
  const group = Array.from({ length: count }, (_, i) => i);
  const root = (i: number): number => (group[i] === i ? i : (group[i] = root(group[i]!)));
  for (const [first, ...rest] of together)
    for (const other of rest) {
      const [a, b] = [root(first!), root(other)];
      group[Math.max(a, b)] = Math.min(a, b);
    }
  const members = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const at = root(i);
    const some = members.get(at);
    if (some) some.push(i);
    else members.set(at, [i]);
  }
  return [...members.values()].map((some) => ({ members: some }));
}

function sizeOf(units: readonly Unit[]): number {
  return units.reduce((sum, { members }) => sum + members.length, 0);
}
