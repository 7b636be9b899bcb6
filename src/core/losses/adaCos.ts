/** Those of fewer people would be near 0, at which nobody can be told from anybody. */
const FEWEST = 11;

/**
 * The scale of a cosine head that fits the number of people, √2 · ln(people − 1): with it the softmax changes most where a
 * picture is halfway between his person and the others (Zhang et al. 2019, AdaCos, equation 11).
 */
export function adaCosScale(people: number): number {
  return Math.SQRT2 * Math.log(Math.max(FEWEST, people) - 1);
}
