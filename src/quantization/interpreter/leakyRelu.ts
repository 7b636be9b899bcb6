import { roundHalfEven } from '../../core/rounding.js';
import { fixedMultiplier, multiplyByFixedTwice } from './fixedPoint.js';
import type { IntegerPrelu, IntegerTensor } from './integerNetwork.js';
import { fixedPrelu, type PreluRounding, type ValueRounding } from './valueRoundings.js';

// A PReLU with one slope for all its channels is written as LEAKY_RELU: XNNPACK computes it in two hundredths of the time that
// LiteRT's own PRELU takes, which XNNPACK leaves alone, and a microcontroller saves the search for each value's slope.

type Scaled = Pick<IntegerTensor, 'scale'>;

const f32 = Math.fround;
/** XNNPACK takes no smaller factor from input to output, and no larger ones: it has 8 bits behind the point in 16. */
const SMALLEST = 2 ** -8;
const LARGEST = { up: 2 ** 7, down: 2 ** 7 - 2 ** -8 };

/** The slope of all channels, where they have one and runtimes take it; else undefined. */
export function leakySlope({ slopes, slopeScale }: IntegerPrelu, input: Scaled, output: Scaled): number | undefined {
  const first = slopes[0]!;
  if (!slopes.every((slope) => slope === first)) return undefined;
  const slope = f32(first * slopeScale);
  const { positive, negative } = leakyFactors(slope, input, output);
  const fits = positive >= SMALLEST && positive <= LARGEST.up && Math.abs(negative) >= SMALLEST;
  return fits && negative >= -LARGEST.down && negative <= LARGEST.up ? slope : undefined;
}

function leakyFactors(slope: number, { scale: x }: Scaled, { scale: y }: Scaled) {
  return { positive: f32(x / y), negative: f32(f32(x / y) * slope) };
}

/** By LEAKY_RELU where it is written so, and by PRELU elsewhere. */
function either(
  leaky: (slope: number, input: IntegerTensor, output: IntegerTensor) => PreluRounding,
  prelu: ValueRounding['prelu'],
): ValueRounding['prelu'] {
  return (operation, input, output) => {
    const slope = leakySlope(operation, input, output);
    return slope === undefined ? prelu(operation, input, output) : leaky(slope, input, output);
  };
}

/**
 * LiteRT's and TensorFlow Lite Micro's own kernels: in fixed point with two roundings, of a negative factor those of its opposite.
 *
 * @param step rounds a product or quotient of scales: to float32 in LiteRT, not at all in TensorFlow Lite Micro
 */
const twice =
  (step: (x: number) => number) =>
  (slope: number, { scale, zeroPoint }: IntegerTensor, output: IntegerTensor): PreluRounding => {
    const up = fixedMultiplier(step(scale / output.scale));
    const factor = step(step(scale * slope) / output.scale);
    const down = fixedMultiplier(Math.abs(factor));
    const sign = Math.sign(factor);
    return (q) => {
      const steps = q - zeroPoint;
      return steps >= 0 ? multiplyByFixedTwice(steps, up) : sign * multiplyByFixedTwice(steps, down);
    };
  };

/** XNNPACK: the factors in steps of 1 / 256, halves to even; then halves up. */
const byteFactors = (slope: number, input: IntegerTensor, output: IntegerTensor): PreluRounding => {
  const { positive, negative } = leakyFactors(slope, input, output);
  const [up, down] = [roundHalfEven(-256 * positive), roundHalfEven(-256 * negative)];
  return (q) => {
    const steps = input.zeroPoint - q;
    return Math.floor((steps * (steps <= 0 ? up : down) + 128) / 256);
  };
};

/** LiteRT's PRELU has its factors in float32, TensorFlow Lite Micro's in float64. */
const liteRtPrelu: ValueRounding['prelu'] = (operation, input, output) => {
  const slope = f32(f32(input.scale * operation.slopeScale) / output.scale);
  const multipliers = {
    multiplier: fixedMultiplier(f32(input.scale / output.scale)),
    slopeMultiplier: fixedMultiplier(slope),
  };
  return fixedPrelu(multiplyByFixedTwice)({ ...operation, ...multipliers }, input, output);
};

export const PRELU_ROUNDINGS = {
  liteRtReference: either(twice(f32), liteRtPrelu),
  microcontroller: either(
    twice((x) => x),
    fixedPrelu(multiplyByFixedTwice),
  ),
  xnnpack: either(byteFactors, liteRtPrelu),
} as const;
