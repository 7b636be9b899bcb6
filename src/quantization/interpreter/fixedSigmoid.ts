import { roundHalfAwayFromZero } from '../../core/rounding.js';
import {
  doublingHighMultiply,
  fixedMultiplier,
  multiplyByFixedTwice,
  roundingDivideByPowerOfTwo,
  saturatingShift,
} from './fixedPoint.js';
import type { ValueRounding } from './valueRoundings.js';

// The sigmoid of TFLite's reference kernels, in fixed point alone (`reference_integer_ops::Logistic` on gemmlowp's fixedpoint.h).

/** The largest fraction of 2³¹, which stands for one. */
const ONE = 2 ** 31 - 1;
/** Bits before the point of what it reads, which is held within ±15. */
const INPUT_BITS = 4;
const POINT = 31 - INPUT_BITS;

/** e to the power of −2^k for k from −2 to 3: by them the exponential of a number is put together. */
const POWERS = Array.from({ length: 6 }, (_, i) => fraction(Math.exp(-(2 ** (i - 2)))));
const EXPONENTIAL_OF_EIGHTH = fraction(Math.exp(-1 / 8));
const THIRD = fraction(1 / 3);

function fraction(x: number): number {
  return roundHalfAwayFromZero(x * 2 ** 31);
}

/** e^x of x / 2³¹ from −1/4 to 0: the Taylor series about −1/8 up to the fourth power. */
function exponentialOfQuarter(a: number): number {
  const x = a + fraction(1 / 8);
  const square = doublingHighMultiply(x, x);
  const cube = doublingHighMultiply(square, x);
  const fourth = roundingDivideByPowerOfTwo(doublingHighMultiply(square, square), 2);
  const higher = roundingDivideByPowerOfTwo(doublingHighMultiply(fourth + cube, THIRD) + square, 1);
  return EXPONENTIAL_OF_EIGHTH + doublingHighMultiply(EXPONENTIAL_OF_EIGHTH, x + higher);
}

/** e^x of x / 2²⁷ ≤ 0, as a fraction of 2³¹. */
function exponential(x: number): number {
  if (x === 0) return ONE;
  const quarter = 2 ** (POINT - 2);
  const within = (x & (quarter - 1)) - quarter;
  const quarters = (within - x) / quarter;
  return POWERS.reduce(
    (product, power, i) => (quarters & (1 << i) ? doublingHighMultiply(product, power) : product),
    exponentialOfQuarter(saturatingShift(within, INPUT_BITS)),
  );
}

/** 1 / (1 + x) of x / 2³¹ from 0 to 1: three steps of Newton's method on y / 2²⁹. */
function oneOverOnePlus(x: number): number {
  const half = Math.trunc((x + ONE + 1) / 2);
  let y = roundHalfAwayFromZero((48 / 17) * 2 ** 29) + doublingHighMultiply(half, -fraction(32 / 17 / 4));
  for (let step = 0; step < 3; step++) {
    const off = 2 ** 29 - doublingHighMultiply(half, y);
    y += saturatingShift(doublingHighMultiply(y, off), 2);
  }
  return saturatingShift(y, 1);
}

/** Of an output of the scale 1 / 256. */
export const fixedSigmoid: ValueRounding['sigmoid'] = ({ scale, zeroPoint }) => {
  const factor = fixedMultiplier(scale * 2 ** POINT);
  const radius = Math.floor(((2 ** INPUT_BITS - 1) * 2 ** POINT) / 2 ** factor.shift);
  return Int32Array.from({ length: 256 }, (_, i) => {
    const steps = i - 128 - zeroPoint;
    if (Math.abs(steps) >= radius) return steps < 0 ? 0 : 255;
    const x = multiplyByFixedTwice(steps, factor);
    const positive = oneOverOnePlus(exponential(-Math.abs(x)));
    const sigmoid = x === 0 ? 2 ** 30 : x > 0 ? positive : ONE - positive;
    return Math.min(255, roundingDivideByPowerOfTwo(sigmoid, 23));
  });
};
