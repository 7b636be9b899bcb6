import { dot, normalizeRows } from '../core/cosine.js';
import { makePairs } from '../evaluation/pairs.js';
import { accuracyByFolds } from '../evaluation/roc.js';
import type { EventOf } from '../protocol/runEvents.js';

/** What an epoch says of a student. */
export type Distilled = NonNullable<EventOf<'epoch'>['distilled']>;

/** Pictures that were not trained on. */
export interface Taught {
  /** Rows [E] of what the student and the teacher give. */
  readonly student: Float32Array;
  readonly teacher: Float32Array;
  /** Person of each picture. */
  readonly people: readonly number[];
  /** Whether nobody of them was trained on. */
  readonly areStrangers: boolean;
}

/** The same pairs in every epoch, and in every run on the same pictures. */
const SEED = 0;

/** How near a student comes to its teacher, and how well either tells people apart whom the student has not seen. */
export function distilledOf({ student, teacher, people, areStrangers }: Taught): Distilled {
  const pictures = people.length;
  const length = student.length / Math.max(1, pictures);
  const [own, wished] = [student, teacher].map((rows) => normalizeRows(Float32Array.from(rows), length));
  const cosine = pictures === 0 ? 0 : dot(own!, wished!) / pictures;
  if (!areStrangers) return { people: 0, pictures, cosine };
  const pairs = makePairs(people.map(String), SEED);
  const folds = new Set(pairs.map(({ fold }) => fold)).size;
  const right = (rows: Float32Array) => {
    const row = (i: number) => rows.subarray(i * length, (i + 1) * length);
    const shares = accuracyByFolds({
      similarity: pairs.map(({ a, b }) => dot(row(a), row(b))),
      same: pairs.map(({ same }) => same),
      fold: pairs.map(({ fold }) => fold),
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  return {
    ...{ people: new Set(people).size, pictures, cosine },
    // A threshold is chosen on the people of the other folds.
    ...(folds > 1 && { pairs: { count: pairs.length, student: right(own!), teacher: right(wished!) } }),
  };
}
