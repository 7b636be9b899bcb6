import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.js';
import {
  doublingHighMultiply,
  fixedMultiplier,
  multiplyByFixed,
  multiplyByFixedTwice,
  roundingDivideByPowerOfTwo,
} from '../../src/quantization/interpreter/fixedPoint.js';

// The definitions in C++, with integers of any length.
function plainDoublingHighMultiply(a: number, b: number): number {
  const product = BigInt(a) * BigInt(b);
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  return Number((product + nudge) / (1n << 31n)); // truncates, as C++ does
}

/** (x · multiplier + 2^(total − 1)) >> total */
function plainMultiply(x: number, multiplier: number, shift: number): number {
  const total = BigInt(31 - shift);
  return Number((BigInt(x) * BigInt(multiplier) + (1n << (total - 1n))) >> total);
}

function plainDivide(x: number, exponent: number): number {
  const mask = (1n << BigInt(exponent)) - 1n;
  const remainder = BigInt(x) & mask;
  const threshold = (mask >> 1n) + (x < 0 ? 1n : 0n);
  return Number((BigInt(x) >> BigInt(exponent)) + (remainder > threshold ? 1n : 0n));
}

describe('fixed-point arithmetic', () => {
  const random = Random.fromSeed(21);
  const int32 = () => random.integer(2 ** 32) - 2 ** 31;
  const edges = [0, 1, -1, 2, 3, -3, 2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31), 65535, -65536, 32768];

  it('multiplies as gemmlowp does, a hundred thousand pairs and all edges', () => {
    const check = (a: number, b: number) =>
      assert.equal(doublingHighMultiply(a, b), plainDoublingHighMultiply(a, b), `${a} · ${b}`);
    for (const a of edges) for (const b of edges) if (a !== -(2 ** 31) || b !== a) check(a, b);
    for (let i = 0; i < 100_000; i++) check(int32(), 2 ** 30 + random.integer(2 ** 30));
  });

  it('divides by powers of two with halves away from zero', () => {
    for (let exponent = 0; exponent < 31; exponent++) {
      for (const x of edges)
        assert.equal(roundingDivideByPowerOfTwo(x, exponent), plainDivide(x, exponent), `${x} / 2^${exponent}`);
      for (let i = 0; i < 1000; i++) {
        const x = int32() >> random.integer(20);
        assert.equal(roundingDivideByPowerOfTwo(x, exponent), plainDivide(x, exponent), `${x} / 2^${exponent}`);
      }
    }
  });

  it('holds factors to 31 bits, and products to a step', () => {
    for (let i = 0; i < 20_000; i++) {
      const factor = 2 ** random.between(-25, 3);
      const fixed = fixedMultiplier(factor);
      assert.ok(fixed.multiplier >= 2 ** 30 && fixed.multiplier < 2 ** 31, `${factor}: ${fixed.multiplier}`);
      assert.ok(Math.abs(fixed.multiplier * 2 ** (fixed.shift - 31) - factor) <= factor * 2 ** -30, `${factor}`);
      const x = int32() >> 6;
      if (fixed.shift <= 0)
        assert.equal(multiplyByFixed(x, fixed), plainMultiply(x, fixed.multiplier, fixed.shift), `${x} · ${factor}`);
      if (Math.abs(x * factor) < 2 ** 31)
        for (const product of [multiplyByFixed(x, fixed), multiplyByFixedTwice(x, fixed)])
          assert.ok(Math.abs(product - x * factor) <= 1 + Math.abs(x * factor) * 2 ** -30, `${x} · ${factor}`);
    }
    assert.deepEqual(fixedMultiplier(1), { multiplier: 2 ** 30, shift: 1 });
    assert.deepEqual(fixedMultiplier(0.5), { multiplier: 2 ** 30, shift: 0 });
    assert.throws(() => fixedMultiplier(0), RangeError);
  });
});
