import type { LossFunction, LossResult } from './loss.js';

/**
 * Triplets of a batch (Schroff et al. 2015, section 3.1): a picture shall be nearer to those of the same person than to any other's, by a
 * margin. Distances are those of unit vectors, which are made here: ‖â − b̂‖, from 0 to 2. They are not squared, with which training
 * collapses more easily (Hermans et al. 2017, section 3.3). Batches are made for it: P people with K pictures each.
 */
export interface TripletLoss {
  readonly kind: 'triplet';
  /** By how much the other one must be farther away. */
  readonly margin: number;
  /**
   * What each picture is compared with. `hard`: the farthest of the same person and the nearest other (Hermans et al. 2017, equation
   * 5); `semi-hard`: each of the same person, with the nearest other that is farther away than it, or where there is none the farthest.
   */
  readonly mining: 'hard' | 'semi-hard';
}

/** A vector is divided by no less, as in a graph's l2Normalize; of pictures that are nearer no direction is known. */
const SHORTEST = 1e-12;

/**
 * Computed in float64. The loss is summed over the pictures; one without another of its person in the batch, or without anybody else's,
 * has none. Correct are the pictures whose nearest is of the same person. Where several are as near or far, the first counts.
 */
export const triplet: LossFunction<TripletLoss> = {
  reads: ['embedding'],
  settings: { margin: { least: 0, below: 2, ramp: 'margin' }, mining: { choices: ['hard', 'semi-hard'] } },
  compute: ({ margin, mining }, { embedding }, labels) => {
    const rows = labels.length;
    const width = embedding ? embedding.length / rows : NaN;
    if (!embedding || !Number.isInteger(width))
      throw new RangeError(`${embedding?.length ?? 'no'} values of embeddings for ${rows} labels`);
    const units = unitRows(embedding, rows, width);
    // [rows, rows]: by how much a distance counts in the loss of the first of both, over the distance.
    const counts = new Float64Array(rows * rows);
    let [lossSum, correct] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const own = ofAnchor(row, units, labels, margin, mining, counts.subarray(row * rows, (row + 1) * rows));
      lossSum += own.loss;
      correct += own.correct;
    }
    return { lossSum, correct, gradients: { embedding: gradientOf(units, counts) } } satisfies LossResult;
  },
};

interface Units {
  /** [rows, width], float64 */
  readonly values: Float64Array;
  /** What the rows were divided by. */
  readonly lengths: Float64Array;
  /** Whether it was their own length. */
  readonly long: Uint8Array;
  readonly rows: number;
  readonly width: number;
}

function unitRows(embedding: Float32Array, rows: number, width: number): Units {
  const values = Float64Array.from(embedding);
  const [lengths, long] = [new Float64Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    let squares = 0;
    for (const v of own) squares += v * v;
    const length = Math.sqrt(squares);
    // Written so that NaN stays.
    long[row] = length < SHORTEST ? 0 : 1;
    lengths[row] = length < SHORTEST ? SHORTEST : length;
    for (let i = 0; i < width; i++) own[i] = own[i]! / lengths[row]!;
  }
  return { values, lengths, long, rows, width };
}

function distance({ values, width }: Units, a: number, b: number): number {
  let squares = 0;
  for (let i = 0; i < width; i++) {
    const apart = values[a * width + i]! - values[b * width + i]!;
    squares += apart * apart;
  }
  return Math.sqrt(squares);
}

/** The loss of one picture; adds to `counts` what its distances count. */
function ofAnchor(
  row: number,
  units: Units,
  labels: Int32Array,
  margin: number,
  mining: TripletLoss['mining'],
  counts: Float64Array,
): { readonly loss: number; readonly correct: number } {
  const distances = Float64Array.from({ length: units.rows }, (_, other) => distance(units, row, other));
  const others = [...labels.keys()].filter((other) => other !== row);
  const same = others.filter((other) => labels[other] === labels[row]);
  const strangers = others.filter((other) => labels[other] !== labels[row]);
  // Where one is no number, no comparison would tell.
  const sum = distances.reduce((all, d) => all + d, units.lengths[row]!);
  if (!Number.isFinite(sum)) return { loss: NaN, correct: 0 };
  if (same.length === 0 || strangers.length === 0) return { loss: 0, correct: 0 };
  const first = (of: readonly number[], better: (d: number, best: number) => boolean) =>
    of.reduce((best, other) => (better(distances[other]!, distances[best]!) ? other : best));
  const nearest = first(strangers, (d, best) => d < best);
  const farthest = first(strangers, (d, best) => d > best);
  let loss = 0;
  const compare = (positive: number, negative: number, weight: number) => {
    const by = margin + distances[positive]! - distances[negative]!;
    if (!(by > 0)) return;
    loss += weight * by;
    if (distances[positive]! >= SHORTEST) counts[positive]! += weight / distances[positive]!;
    if (distances[negative]! >= SHORTEST) counts[negative]! -= weight / distances[negative]!;
  };
  if (mining === 'hard')
    compare(
      first(same, (d, best) => d > best),
      nearest,
      1,
    );
  else
    for (const positive of same) {
      const beyond = strangers.filter((other) => distances[other]! > distances[positive]!);
      const negative = beyond.length > 0 ? first(beyond, (d, best) => d < best) : farthest;
      compare(positive, negative, 1 / same.length);
    }
  const nearestSame = distances[first(same, (d, best) => d < best)]!;
  return { loss, correct: nearestSame < distances[nearest]! ? 1 : 0 };
}

/**
 * Of the mean over the rows. The distance of two unit vectors has the gradient (â − b̂) / distance in the one and its opposite in the
 * other; through e / ‖e‖ what is across e goes on, over its length.
 */
function gradientOf({ values, lengths, long, rows, width }: Units, counts: Float64Array): Float32Array {
  const gradient = new Float32Array(values.length);
  const ofUnit = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    ofUnit.fill(0);
    for (let other = 0; other < rows; other++) {
      const by = counts[row * rows + other]! + counts[other * rows + row]!;
      if (by === 0) continue;
      for (let i = 0; i < width; i++)
        ofUnit[i] = ofUnit[i]! + by * (values[row * width + i]! - values[other * width + i]!);
    }
    let along = 0;
    for (let i = 0; i < width; i++) along += ofUnit[i]! * values[row * width + i]!;
    if (!long[row]) along = 0;
    for (let i = 0; i < width; i++)
      gradient[row * width + i] = (ofUnit[i]! - along * values[row * width + i]!) / lengths[row]! / rows;
  }
  return gradient;
}
