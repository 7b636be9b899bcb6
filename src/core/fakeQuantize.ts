import { roundHalfAwayFromZero, roundHalfUp } from './rounding.js';

/**
 * An affine quantizer: real = scale · (q − zeroPoint) for the integers q from `lowest` to `highest`. Everything is a
 * float32 number.
 */
export interface AffineQuantizer {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly lowest: number;
  readonly highest: number;
  /** The real values of the lowest and the highest integer: zero is exactly one of those between them, or one of the two. */
  readonly minimum: number;
  readonly maximum: number;
}

const f32 = Math.fround;

/**
 * The quantizer of a range: the wished ends are moved so that zero is represented exactly, as TensorFlow's
 * `FakeQuantWithMinMaxVars` moves them (Jacob et al. 2018, section 3.1).
 *
 * @param bits 2 to 16; integers are signed
 * @param narrow leaves the lowest integer out, so that −q exists for every q
 * @throws RangeError when the range is upside down, not finite, or one value other than zero
 */
export function quantizerOf(min: number, max: number, bits: number, narrow = false): AffineQuantizer {
  if (!(Number.isFinite(min) && Number.isFinite(max) && (min < max || (min === 0 && max === 0))))
    throw new RangeError(`a range from ${min} to ${max}`);
  // TensorFlow counts from zero; signed integers are half of the levels further down.
  const [first, last] = [narrow ? 1 : 0, 2 ** bits - 1];
  const half = 2 ** (bits - 1);
  const scale = f32(f32(f32(max) - f32(min)) / (last - first));
  const wished = f32(first - f32(f32(min) / scale));
  const zero = scale === 0 || wished < first ? first : wished > last ? last : roundHalfAwayFromZero(wished);
  return {
    scale,
    zeroPoint: zero - half,
    lowest: first - half,
    highest: last - half,
    minimum: f32((first - zero) * scale),
    maximum: f32((last - zero) * scale),
  };
}

/** Levels that a value lies above zero. */
function levelOf(x: number, { scale, zeroPoint, lowest, minimum, maximum }: AffineQuantizer): number {
  const clamped = Math.max(Math.min(x, maximum), minimum);
  return roundHalfUp(f32(f32(f32(clamped - minimum) / scale) - (zeroPoint - lowest)));
}

/**
 * Quantizes and dequantizes one value: bit for bit what TensorFlow's fake quantizers give, which is scale times a whole
 * number. All zero for the range [0, 0].
 */
export function fakeQuantizeValue(x: number, quantizer: AffineQuantizer): number {
  return quantizer.scale === 0 ? 0 : f32(levelOf(x, quantizer) * quantizer.scale);
}

/** Values of a whole tensor; `target` may be the source. */
export function fakeQuantize(
  source: ArrayLike<number>,
  quantizer: AffineQuantizer,
  target = new Float32Array(source.length),
): Float32Array {
  for (let i = 0; i < source.length; i++) target[i] = fakeQuantizeValue(source[i]!, quantizer);
  return target;
}

export interface FakeQuantizeGradient {
  readonly input: Float32Array;
  /** Of the two ends of the range. */
  readonly min: number;
  readonly max: number;
}

/**
 * The straight-through gradient (Bengio et al. 2013): passes where a value lies inside the range, and goes to the end of
 * the range that it lies beyond otherwise.
 */
export function fakeQuantizeGradient(
  source: ArrayLike<number>,
  gradient: ArrayLike<number>,
  { scale, minimum, maximum }: AffineQuantizer,
): FakeQuantizeGradient {
  const input = new Float32Array(source.length);
  let [min, max] = [0, 0];
  for (let i = 0; i < source.length; i++) {
    const x = source[i]!;
    const g = gradient[i]!;
    if (scale === 0 || (x >= minimum && x <= maximum)) input[i] = g;
    else if (x < minimum) min += g;
    else if (x > maximum) max += g;
  }
  return { input, min, max };
}

/** The integer that stands for a value. */
export function quantizeValue(x: number, quantizer: AffineQuantizer): number {
  return quantizer.zeroPoint + (quantizer.scale === 0 ? 0 : levelOf(x, quantizer));
}
