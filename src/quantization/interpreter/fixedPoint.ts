import { roundHalfAwayFromZero } from '../../core/rounding.js';

// Fixed-point arithmetic as TFLite has it (tensorflow/lite/kernels/internal/common.h, and gemmlowp's fixedpoint.h; Jacob et
// al. 2018, section 2.2). TFLite knows two forms of the product: one that rounds once (TFLITE_SINGLE_ROUNDING), and an
// older one that rounds the high half of the product and then once more. The second is off by one for one value in about
// 2^(number of bits that are shifted out): 0.2 % of a layer's values.

/** A positive real factor as multiplier / 2³¹ · 2^shift, with 2³⁰ ≤ multiplier < 2³¹. */
export interface FixedMultiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/** `QuantizeMultiplier`. */
export function fixedMultiplier(factor: number): FixedMultiplier {
  if (!(factor > 0) || !Number.isFinite(factor)) throw new RangeError(`a factor of ${factor}`);
  let shift = Math.max(-1022, Math.floor(Math.log2(factor)) + 1);
  let mantissa = factor / 2 ** shift;
  if (mantissa >= 1) [mantissa, shift] = [mantissa / 2, shift + 1];
  if (mantissa < 0.5) [mantissa, shift] = [mantissa * 2, shift - 1];
  let multiplier = roundHalfAwayFromZero(mantissa * 2 ** 31);
  if (multiplier === 2 ** 31) [multiplier, shift] = [2 ** 30, shift + 1];
  return shift < -31 ? { multiplier: 0, shift: 0 } : { multiplier, shift };
}

/**
 * floor(a · b / 2³¹ + bias / 2³¹) for integers of 32 bits. The product has up to 62, so it is put together from parts that
 * float64 holds exactly.
 */
function highMultiply(a: number, b: number, bias: number): number {
  const [aHigh, aLow] = [Math.floor(a / 65536), a & 0xffff];
  const [bHigh, bLow] = [Math.floor(b / 65536), b & 0xffff];
  const middle = aHigh * bLow + aLow * bHigh;
  const middleHigh = Math.floor(middle / 32768);
  const rest = (middle - middleHigh * 32768) * 65536 + aLow * bLow;
  return 2 * aHigh * bHigh + middleHigh + Math.floor((rest + bias) / 2 ** 31);
}

/** `SaturatingRoundingDoublingHighMul` for operands that are not both −2³¹: a · b / 2³¹, halves up. */
export function doublingHighMultiply(a: number, b: number): number {
  return highMultiply(a, b, 2 ** 30);
}

/** `RoundingDivideByPOT`: x / 2^exponent, halves away from zero. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  if (exponent === 0) return x;
  const divisor = 2 ** exponent;
  const low = Math.floor(x / divisor);
  const remainder = x - low * divisor;
  return remainder > divisor / 2 - (x < 0 ? 0 : 1) ? low + 1 : low;
}

/** `MultiplyByQuantizedMultiplier` with one rounding: halves up. */
export function multiplyByFixed(x: number, { multiplier, shift }: FixedMultiplier): number {
  if (shift >= 0) return highMultiply((x * 2 ** shift) | 0, multiplier, 2 ** 30);
  return Math.floor((highMultiply(x, multiplier, 0) + 2 ** (-shift - 1)) / 2 ** -shift);
}

/**
 * 1 / √x as TFLite's L2_NORMALIZATION has it (`GetInvSqrtQuantizedMultiplierExp`): five steps of Newton's method from 1, in fixed
 * point with three bits before the point.
 *
 * @param x a sum of squares, a whole number of 31 bits; 0 counts as 1
 */
export function fixedInverseRoot(x: number): FixedMultiplier {
  if (x <= 1) return { multiplier: 2 ** 31 - 1, shift: 0 };
  // To between 2²⁷ and 2²⁹ by factors of 4, which are factors of 2 of the root.
  let [value, right] = [x, 11];
  for (; value >= 2 ** 29; value = Math.floor(value / 4)) right++;
  for (; value < 2 ** 27; value *= 4) right--;
  const half = roundingDivideByPowerOfTwo(Math.floor(value / 2), 1);
  const times = doublingHighMultiply;
  // Products of numbers with i and j bits before the point have i + j: shifted back to three.
  let root = 2 ** 28;
  for (let step = 0; step < 5; step++) {
    const cube = saturatingShift(times(times(root, root), root), 6);
    root = saturatingShift(times(THREE_HALVES, root) - times(half, cube), 3);
  }
  const multiplier = times(root, HALF_ROOT_OF_TWO);
  return right < 0 ? { multiplier: (multiplier * 2 ** -right) | 0, shift: 0 } : { multiplier, shift: -right };
}

/** 1.5 with three bits before the point, and √2 / 2 with none. */
const THREE_HALVES = 2 ** 28 + 2 ** 27;
const HALF_ROOT_OF_TWO = 1_518_500_250;

/** x · 2^bits, held within 32 bits: `SaturatingRoundingMultiplyByPOT` to the left. */
export function saturatingShift(x: number, bits: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x * 2 ** bits));
}

/** The same with two roundings. */
export function multiplyByFixedTwice(x: number, { multiplier, shift }: FixedMultiplier): number {
  const shifted = shift > 0 ? (x * 2 ** shift) | 0 : x;
  return roundingDivideByPowerOfTwo(doublingHighMultiply(shifted, multiplier), shift > 0 ? 0 : -shift);
}
