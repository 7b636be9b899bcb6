import fs from 'node:fs';
import path from 'node:path';
import type { FaceSet } from '../../src/evaluation/faceSet.js';

export interface ReferencePairs {
  readonly similarity: number[];
  /** 0 or 1. */
  readonly same: number[];
  readonly fold: number[];
  readonly auc: number;
  readonly eer: number;
  readonly tarAtFar: Record<string, number>;
  readonly accuracies: number[];
}

interface Reference {
  /** k, n, confidence; one-sided bounds; Clopper and Pearson's interval; Wilson's. */
  readonly bounds: [number, number, number, number, number, number, number, number, number][];
  readonly quantiles: {
    readonly normal: [number, number][];
    readonly student: [number, number, number][];
    readonly beta: [number, number, number, number][];
  };
  readonly verification: ReferencePairs[];
  readonly identification: {
    readonly embeddings: number[];
    /** 0 to 11 are enrolled, the others strangers. */
    readonly people: number[];
    readonly own: (number | null)[];
    readonly other: number[];
    readonly otherPerson: number[];
    readonly right: number;
    readonly top5: number;
    readonly of: number;
    readonly strangers: number[];
  };
  readonly components: {
    readonly values: number[];
    readonly channels: number;
    readonly explained: number[];
    readonly directions: number[][];
    readonly projections: number[][];
  };
  readonly clusters: { readonly hits: number[]; readonly of: number[]; readonly interval: [number, number] }[];
}

/** Made by test/reference/make_evaluation.py with SciPy, scikit-learn and NumPy. */
export const reference = JSON.parse(
  fs.readFileSync(path.resolve(import.meta.dirname, '../reference/evaluation.json'), 'utf8'),
) as Reference;

/** "p03" and so on, so that names are in the order of their numbers. */
export const nameOf = (person: number) => `p${String(person).padStart(2, '0')}`;

/** The people of the reference, or its strangers. */
export function referenceFaces(strangers = false): FaceSet {
  const { embeddings, people } = reference.identification;
  const length = embeddings.length / people.length;
  const rows = people.map((_, row) => row).filter((row) => people[row]! >= 12 === strangers);
  return {
    embeddings: Float32Array.from(rows.flatMap((row) => embeddings.slice(row * length, (row + 1) * length))),
    people: rows.map((row) => nameOf(people[row]!)),
    pictures: rows.map((row) => `${nameOf(people[row]!)}/${row}.jpg`),
  };
}
