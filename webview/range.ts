import type { Range } from './axis.js';

/** What is shown is at least so wide, in steps or epochs. */
const NARROWEST = 2;

/**
 * A range inside of the whole, as near to its place as it fits.
 *
 * @returns undefined for the whole, which then grows with the run
 */
export function fitted({ from, to }: Range, whole: Range): Range | undefined {
  const most = whole.to - whole.from;
  const width = Math.max(Math.min(NARROWEST, most), to - from);
  if (width >= most) return undefined;
  const begin = Math.min(Math.max(whole.from, from + (to - from - width) / 2), whole.to - width);
  return { from: begin, to: begin + width };
}

/** Nearer or farther, while `at` stays where it is. @param factor below 1 shows less */
export function zoomed(shown: Range, whole: Range, at: number, factor: number): Range | undefined {
  return fitted({ from: at - (at - shown.from) * factor, to: at + (shown.to - at) * factor }, whole);
}

/** Sideways, as far as there is something. */
export function moved({ from, to }: Range, whole: Range, by: number): Range | undefined {
  return fitted({ from: from + by, to: to + by }, whole);
}
