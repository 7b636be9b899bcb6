import { roundHalfAwayFromZero } from '../../core/rounding.js';

// Fixed-point arithmetic as TFLite's reference kernels have it (tensorflow/lite/kernels/internal/common.h and gemmlowp's
// fixedpoint.h, Jacob et al. 2018, section 2.2).

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
 * `SaturatingRoundingDoublingHighMul` for operands that are not both −2³¹: a · b / 2³¹, halves up. The product has up to 62
 * bits, so it is put together from parts that float64 holds exactly.
 */
export function doublingHighMultiply(a: number, b: number): number {
  const [aHigh, aLow] = [Math.floor(a / 65536), a & 0xffff];
  const [bHigh, bLow] = [Math.floor(b / 65536), b & 0xffff];
  const middle = aHigh * bLow + aLow * bHigh;
  const middleHigh = Math.floor(middle / 32768);
  const rest = (middle - middleHigh * 32768) * 65536 + aLow * bLow;
  return 2 * aHigh * bHigh + middleHigh + Math.floor((rest + 2 ** 30) / 2 ** 31);
}

/** `RoundingDivideByPOT`: x / 2^exponent, halves away from zero. */
export function roundingDivideByPowerOfTwo(x: number, exponent: number): number {
  if (exponent === 0) return x;
  const divisor = 2 ** exponent;
  const low = Math.floor(x / divisor);
  const remainder = x - low * divisor;
  return remainder > divisor / 2 - (x < 0 ? 0 : 1) ? low + 1 : low;
}

/** `MultiplyByQuantizedMultiplier`, with two roundings. */
export function multiplyByFixed(x: number, { multiplier, shift }: FixedMultiplier): number {
  const shifted = shift > 0 ? (x * 2 ** shift) | 0 : x;
  return roundingDivideByPowerOfTwo(doublingHighMultiply(shifted, multiplier), shift > 0 ? 0 : -shift);
}
