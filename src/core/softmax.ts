/** Probabilities of one picture's logits, the largest taken out first so that nothing overflows. */
export function softmax(logits: Float32Array): Float32Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (x) => x / sum);
}

/** The first of the largest, as NumPy's. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The people with the highest scores, the best first. */
export function topScores(scores: Readonly<Record<string, number>>, count: number): [person: string, score: number][] {
  return Object.entries(scores)
    .sort(([, a], [, b]) => b - a)
    .slice(0, count);
}
