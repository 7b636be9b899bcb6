export interface LossResult {
  /** Sum of −ln p(label) over the rows, in nats. */
  readonly lossSum: number;
  /** Rows whose largest logit is the label's; the lower class wins a tie, as in NumPy's argmax. */
  readonly correct: number;
  /** d(mean loss)/d(logits), [rows, classes]: (softmax − wished probabilities) / rows. */
  readonly gradient: Float32Array;
}

/**
 * Sparse categorical cross-entropy on logits, computed in float64 with the row's maximum taken out, so that it
 * overflows for no finite input.
 *
 * @param logits [rows, classes], row-major
 * @param labels [rows], each in [0, classes)
 * @param smoothing share of the wished probability that is spread evenly over all classes (Szegedy et al. 2016, section
 *   7); in the gradient alone: the loss stays that of the label
 * @throws RangeError when a label or the length does not fit
 */
export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
  smoothing = 0,
): LossResult {
  const rows = labels.length;
  if (logits.length !== rows * classes)
    throw new RangeError(`logits: ${logits.length} values, expected ${rows} x ${classes}`);
  const gradient = new Float32Array(logits.length);
  const exponentials = new Float64Array(classes);
  let lossSum = 0;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (label < 0 || label >= classes)
      throw new RangeError(`label ${label} of row ${row} is outside 0..${classes - 1}`);
    const base = row * classes;
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[base + c]! > logits[base + best]!) best = c;
    const maximum = logits[base + best]!;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += exponentials[c] = Math.exp(logits[base + c]! - maximum);
    for (let c = 0; c < classes; c++) gradient[base + c] = (exponentials[c]! / sum - smoothing / classes) / rows;
    gradient[base + label] = (exponentials[label]! / sum - (1 - smoothing + smoothing / classes)) / rows;
    lossSum += Math.log(sum) + maximum - logits[base + label]!;
    if (best === label) correct++;
  }
  return { lossSum, correct, gradient };
}
