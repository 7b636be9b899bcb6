import { upperBound } from '../evaluation/bounds.js';
import type { EventOf } from '../protocol/runEvents.js';

/** What an epoch says of its validation in pictures. */
export type Answered = NonNullable<EventOf<'epoch'>['answers']>;

/** Which new pictures were told right, counted, and by person. */
export class Answers {
  private right = 0;
  private pictures = 0;
  private readonly byPerson = new Map<number, { right: number; pictures: number }>();

  /** Of people who have no names among the classes: counted only. */
  add(right: number, pictures: number): void {
    this.right += right;
    this.pictures += pictures;
  }

  /** @param labels classes of the pictures. @param isRight of each whether it was told right */
  addEach(labels: ArrayLike<number>, isRight: (row: number) => boolean): void {
    for (let row = 0; row < labels.length; row++) {
      const own = this.byPerson.get(labels[row]!) ?? { right: 0, pictures: 0 };
      const right = isRight(row) ? 1 : 0;
      this.add(right, 1);
      this.byPerson.set(labels[row]!, { right: own.right + right, pictures: own.pictures + 1 });
    }
  }

  /**
   * With the person who is known worst: of whom the least can be hoped for, by the upper bound on the share told right.
   *
   * @param people names of the classes
   */
  told(people: readonly string[]): Answered {
    const { right, pictures } = this;
    let [weakest, least]: [Answered['weakest'], number] = [undefined, Infinity];
    for (const [person, own] of [...this.byPerson].sort(([a], [b]) => a - b)) {
      const bound = upperBound(own.right, own.pictures);
      if (own.right < own.pictures && bound < least) [weakest, least] = [{ person: people[person]!, ...own }, bound];
    }
    return { right, pictures, ...(weakest && { weakest }) };
  }
}

/** Of each row the class with the highest score. @param scores [rows, classes] */
export function highestOf(scores: Float32Array, rows: number): Int32Array {
  const classes = scores.length / Math.max(1, rows);
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[row * classes + c]! > scores[row * classes + best]!) best = c;
    return best;
  });
}
