import { EVALUATION_LIMITS, type Evaluation } from '../protocol/evaluation.js';
import { clusteredInterval, type Cluster } from './clustered.js';
import type { Comparison } from './gallery.js';

export type ClosedSet = NonNullable<Evaluation['closedSet']>;

/**
 * Who is who among the people enrolled. Where another is as much alike as the own person, the picture counts as wrong.
 *
 * @param tried places in the comparison of pictures whose own person can be compared with
 * @param people how many are enrolled
 */
export function closedSetOf(comparison: Comparison, tried: readonly number[], people: number): ClosedSet | undefined {
  if (tried.length === 0) return undefined;
  const byPerson = Array.from({ length: people }, () => ({ of: 0, right: 0, top5: 0 }));
  const confused = new Map<number, number>();
  for (const i of tried) {
    const person = comparison.ownPerson[i]!;
    const counts = byPerson[person]!;
    counts.of++;
    if (comparison.better[i]! < 5) counts.top5++;
    if (comparison.better[i] === 0) counts.right++;
    else {
      const cell = person * people + comparison.otherPerson[i]!;
      confused.set(cell, (confused.get(cell) ?? 0) + 1);
    }
  }
  const sum = (of: (person: (typeof byPerson)[number]) => number) => byPerson.reduce((total, p) => total + of(p), 0);
  const clusters = (hits: (person: (typeof byPerson)[number]) => number): Cluster[] =>
    byPerson.map((person) => ({ hits: hits(person), of: person.of }));
  const right = sum((person) => person.right);
  return {
    accuracy: right / tried.length,
    accuracyInterval: clusteredInterval(clusters((person) => person.right)),
    top5: sum((person) => person.top5) / tried.length,
    top5Interval: clusteredInterval(clusters((person) => person.top5)),
    ...{ right, of: tried.length, byPerson },
    confusions: [...confused]
      .map(([cell, count]) => ({ person: Math.floor(cell / people), takenFor: cell % people, count }))
      .sort((a, b) => b.count - a.count || a.person - b.person || a.takenFor - b.takenFor)
      .slice(0, EVALUATION_LIMITS.confusions),
  };
}
