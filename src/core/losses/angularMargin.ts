import type { ScoreRow } from './lossOfScores.js';

/** What a margin makes of the angle θ to the own person's vector: cos(m1·θ + m2) − m3 (Deng et al. 2019, equation 4). */
export interface AngularMargins {
  /** Times the angle, 1 and more. */
  readonly m1: number;
  /** Radians added to the angle. */
  readonly m2: number;
  /** Taken from the cosine. */
  readonly m3: number;
}

/** Nearer to ±1 a float32 says nothing of the angle, whose slope would grow without end: there straight lines go on. */
const NEAREST = 1 - 2 ** -22;

/**
 * The margin's cosine and its slope in the given one. Where m1·θ + m2 passes π, cos would rise again and reward being wrong: from
 * there on the value falls with the cosine itself, at a slope of 1 and without a jump. So it rises with the cosine everywhere,
 * whatever the margins.
 *
 * @param cosine of the own person; float32 may leave it beyond ±1
 */
export function marginCosine(cosine: number, { m1, m2, m3 }: AngularMargins): { value: number; slope: number } {
  const turn = Math.max(-NEAREST, Math.cos((Math.PI - m2) / m1));
  const inside = Math.min(NEAREST, Math.max(turn, cosine));
  const angle = m1 * Math.acos(inside) + m2;
  const at = Math.cos(angle) - m3;
  if (cosine < turn) return { value: at + (cosine - turn), slope: 1 };
  const slope = (m1 * Math.sin(angle)) / Math.sqrt((1 - inside) * (1 + inside));
  return { value: at + slope * (cosine - inside), slope };
}

/**
 * Cross-entropy of a cosine head's scores, with the label's cosine replaced by the margin's.
 *
 * @param scale how long the head's columns are: a score is scale · cos θ
 * @returns in nats; leaves the row's gradient
 */
export function marginCrossEntropy(
  { scores, gradient, label, rows }: ScoreRow,
  scale: number,
  margins: AngularMargins,
) {
  const { value, slope } = marginCosine(scores[label]! / scale, margins);
  const own = scale * value;
  // The margin can take more than exp can bear, and beyond a cosine of 1 it gives: the highest is looked for anew.
  let highest = own;
  for (let c = 0; c < scores.length; c++) if (c !== label && scores[c]! > highest) highest = scores[c]!;
  const lowered = Math.exp(own - highest);
  let [others, sum] = [0, lowered];
  for (let c = 0; c < scores.length; c++) if (c !== label) others += Math.exp(scores[c]! - highest);
  sum += others;
  for (let c = 0; c < scores.length; c++) gradient[c] = Math.exp(scores[c]! - highest) / sum / rows;
  // Not lowered / sum − 1, which loses what is left of a sure row.
  gradient[label] = ((-others / sum) * slope) / rows;
  return Math.log(sum) + highest - own;
}
