import type { Random } from '../core/random.js';
import { EVALUATION_LIMITS, type EvaluationMap } from '../protocol/evaluation.js';
import { lengthOf, type FaceSet } from './faceSet.js';
import { principalComponents } from './principalComponents.js';

/** Components that layouts such as UMAP are given: with so many the neighbourhoods of faces are nearly those of the embeddings. */
const COMPONENTS = 24;
/** The covariance of longer embeddings takes longer: fewer points, for the same time. */
const MOST_PRODUCTS = 5e8;
const LEAST_POINTS = 500;
const STRANGERS_SHARE = 0.2;

/** Where pictures lie to each other; undefined for fewer than three. */
export function mapOf(
  people: readonly string[],
  known: { readonly faces: FaceSet; readonly rows: readonly number[] },
  strangers: { readonly faces: FaceSet; readonly rows: readonly number[] },
  random: Random,
): EvaluationMap | undefined {
  const channels = lengthOf(known.faces);
  if (known.rows.length + strangers.rows.length < 3 || channels === 0) return undefined;
  const most = Math.min(
    EVALUATION_LIMITS.points,
    Math.max(LEAST_POINTS, Math.floor((2 * MOST_PRODUCTS) / channels ** 2)),
  );
  const few = some(strangers.rows, Math.max(most - known.rows.length, Math.floor(most * STRANGERS_SHARE)), random);
  const many = some(known.rows, most - few.length, random);
  const points = [
    ...many.map((row) => [known.faces, row] as const),
    ...few.map((row) => [strangers.faces, row] as const),
  ];
  const values = new Float32Array(points.length * channels);
  points.forEach(([faces, row], i) =>
    values.set(faces.embeddings.subarray(row * channels, (row + 1) * channels), i * channels),
  );
  const { length, projections, explained } = principalComponents(values, channels, COMPONENTS);
  if (length === 0) return undefined;
  const placeOf = new Map(people.map((person, place) => [person, place]));
  return {
    picture: points.map(([faces, row]) => faces.pictures[row]!),
    person: points.map(([faces, row], i) => (i < many.length ? (placeOf.get(faces.people[row]!) ?? -1) : -1)),
    length,
    // Adding 0 makes 0 of -0, which JSON does not have.
    components: Array.from(projections, (value) => Number(value.toFixed(4)) + 0),
    explained: explained.map((value) => Math.min(1, value)),
  };
}

/** As many by chance, in their order. */
function some(rows: readonly number[], most: number, random: Random): readonly number[] {
  if (rows.length <= most) return rows;
  return random
    .shuffle([...rows])
    .slice(0, Math.max(0, most))
    .sort((a, b) => a - b);
}
