import { roundHalfAwayFromZero, roundHalfEven } from '../../core/rounding.js';
import type { IntegerTensor } from './integerNetwork.js';
import type { ValueRounding } from './valueRoundings.js';

// Every runtime makes a table of the sigmoid, of 256 values, and each rounds another number: in one table of a hundred a value lies so
// close to the middle between two steps that it matters. TensorFlow Lite Micro's is in `fixedSigmoid.ts`.

const f32 = Math.fround;

/** @param steps from a value in float32 to steps of 1 / 256 */
function tableOf(steps: (x: number) => number): ValueRounding['sigmoid'] {
  return ({ scale, zeroPoint }: IntegerTensor) =>
    Int32Array.from({ length: 256 }, (_, i) => Math.min(255, steps(f32((i - 128 - zeroPoint) * scale))));
}

/** LiteRT's own kernel: each step in float32; halves away from zero. */
export const liteRtSigmoid = tableOf((x) => roundHalfAwayFromZero(256 * f32(1 / f32(1 + f32(Math.exp(-x))))));

/** XNNPACK: the nearest float32, to which the zero point −128 is added before it is rounded; halves to even. */
export const xnnpackSigmoid = tableOf((x) => roundHalfEven(f32(256 * f32(1 / (1 + Math.exp(-x))) - 128)) + 128);

/** Of x between −18 and 18: coefficients of the odd powers from 9 to 1 above, and of the even ones from 10 to 0 below. */
const ABOVE = [
  4.37031012579801e-11, 1.15627324459942e-7, 6.08574864600143e-5, 8.51377133304701e-3, 2.48287947061529e-1,
];
const BELOW = [
  6.10247389755681e-13, 5.76102136993427e-9, 6.2910678501704e-6, 1.70198817374094e-3, 1.16817656904453e-1,
  9.9315192102318e-1,
];

/**
 * ONNX Runtime: a quotient of two polynomials in float32, with fused multiplications and additions (`MlasComputeLogistic`); halves to
 * even.
 */
export const mlasSigmoid = tableOf((x) => {
  const held = Math.max(-18, Math.min(18, x));
  const square = f32(held * held);
  // 48 bits of a product and 24 of a sum: rounding them once from float64 is what the fused form does.
  const polynomial = ([first = 0, ...rest]: readonly number[]) =>
    rest.reduce((sum, coefficient) => f32(sum * square + f32(coefficient)), f32(first));
  const quotient = f32(f32(polynomial(ABOVE) * held) / polynomial(BELOW));
  return roundHalfEven(256 * Math.max(0, f32(quotient + 0.5)));
});
