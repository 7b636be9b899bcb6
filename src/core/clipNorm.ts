/**
 * Makes gradients no longer than a length, all of them taken as one vector (Pascanu et al. 2013, algorithm 1). Its squares are summed in
 * float64.
 *
 * @returns the same where they are short enough
 */
export function clipNorm(
  gradients: ReadonlyMap<string, Float32Array>,
  most: number,
): ReadonlyMap<string, Float32Array> {
  let squares = 0;
  for (const values of gradients.values()) for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  const norm = Math.sqrt(squares);
  if (!(norm > most)) return gradients;
  return new Map([...gradients].map(([name, values]) => [name, values.map((v) => v * (most / norm))]));
}
