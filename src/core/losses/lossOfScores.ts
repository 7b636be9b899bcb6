import type { LossResult } from './loss.js';

/** A row of scores of a batch. */
export interface ScoreRow {
  /** [people], times the factor; valid until the next row. */
  readonly scores: Float32Array | Float64Array;
  /** [people] */
  readonly gradient: Float32Array;
  /** exp(score − maximum), which overflows for no finite score: [people]; valid until the next row. */
  readonly exponentials: Float64Array;
  readonly maximum: number;
  /** Of the person who it is. */
  readonly label: number;
  /** Of the batch, over the factor: a gradient is that of the mean over them, by the scores before it. */
  readonly rows: number;
}

/**
 * What losses that read scores alone have in common. Where two people tie for the highest score, the lower number wins, as in
 * NumPy's argmax.
 *
 * @param scores [rows, people]
 * @param factor what they are multiplied by first
 * @param lossOf a row's loss, in nats; leaves the row's gradient
 * @throws RangeError when a label or the number of scores does not fit
 */
export function lossOfScores(
  scores: Float32Array | undefined,
  labels: Int32Array,
  lossOf: (row: ScoreRow) => number,
  factor = 1,
): LossResult {
  const rows = labels.length;
  const people = scores ? scores.length / rows : NaN;
  if (!scores || !Number.isInteger(people)) throw new RangeError(`${scores?.length ?? 'no'} scores for ${rows} labels`);
  const gradient = new Float32Array(scores.length);
  const exponentials = new Float64Array(people);
  let lossSum = 0;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (label < 0 || label >= people) throw new RangeError(`label ${label} of row ${row} is outside 0..${people - 1}`);
    const given = scores.subarray(row * people, (row + 1) * people);
    const own = factor === 1 ? given : Float64Array.from(given, (v) => v * factor);
    let best = 0;
    for (let c = 1; c < people; c++) if (own[c]! > own[best]!) best = c;
    const maximum = own[best]!;
    for (let c = 0; c < people; c++) exponentials[c] = Math.exp(own[c]! - maximum);
    const ofRow = gradient.subarray(row * people, (row + 1) * people);
    const loss = lossOf({ scores: own, gradient: ofRow, exponentials, maximum, label, rows: rows / factor });
    lossSum += loss;
    // Where no score is a number every comparison fails, and the first person would be the best.
    if (best === label && Number.isFinite(loss)) correct++;
  }
  return { lossSum, correct, gradients: { scores: gradient } };
}
